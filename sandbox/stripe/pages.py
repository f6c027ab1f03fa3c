"""The checkout page: what the customer sees after our redirect, and the buttons that decide how it goes."""

from html import escape

from aiohttp import web

from sandbox.ground.journal import Record
from sandbox.ground.pages import page
from sandbox.stripe import cards, checkouts, sessions
from sandbox.stripe.account import Account
from sandbox.stripe.errors import ApiError
from sandbox.stripe.refunds import dollars

ACCENT = "oklch(0.52 0.2 275)"
SAVE_AS = {
    cards.GOOD: "a good card",
    cards.DECLINES: "a card that will be declined",
    cards.CONFIRMS: "a card whose owner has to confirm",
}


def add_pages(app: web.Application, account: Account) -> None:
    def session_of(request: web.Request) -> Record:
        checkouts.expire_due(account)
        try:
            return account.get("checkout.session", request.match_info["id"])
        except ApiError as error:
            raise web.HTTPNotFound(text="There is no such checkout.") from error

    async def show(request: web.Request) -> web.Response:
        return checkout_page(account, session_of(request))

    async def choose(request: web.Request) -> web.Response:
        session = session_of(request)
        form = await request.post()
        action = str(form.get("action"))
        if waits_for_bank(account, session) and action in ("bank_pays", "bank_refuses"):
            checkouts.settle(account, session, succeeds=action == "bank_pays")
        if session["status"] != "open":
            return checkout_page(account, session)
        return act(account, session, action, str(form.get("card", cards.GOOD)))

    app.router.add_get("/c/pay/{id}", show)
    app.router.add_post("/c/pay/{id}", choose)


def act(account: Account, session: Record, action: str, card: str) -> web.Response:
    if action == "abandon":
        return leave(session, "cancel_url")
    if action == "decline":
        checkouts.decline(account, session)
        return checkout_page(account, session, alert="Your card was declined. Try another card.", status=402)
    if action == "pay_later":
        checkouts.pay_later(account, session)
    elif action in ("pay", "pay_once"):
        kept = card if card in SAVE_AS else cards.GOOD
        checkouts.pay(account, session, card=kept, save_card=action == "pay")
    else:
        return checkout_page(account, session, alert="Choose one of the buttons.", status=400)
    return leave(session, "success_url")


def leave(session: Record, where: str) -> web.Response:
    """Back to us, with the session's id where we asked for it."""
    address = session[where] or session["success_url"]
    raise web.HTTPSeeOther(address.replace("{CHECKOUT_SESSION_ID}", session["id"]))


def waits_for_bank(account: Account, session: Record) -> bool:
    """Whether a debit of this session is on its way."""
    if session["status"] != "complete":
        return False
    return bool(account.get("payment_intent", session["payment_intent"])["status"] == "processing")


def checkout_page(account: Account, session: Record, *, alert: str = "", status: int = 200) -> web.Response:
    if session["status"] == "open":
        panel = order_form(session, alert)
    else:
        panel = ended(session, waiting=waits_for_bank(account, session))
    return page(
        title="Pay API Models",
        body=summary(session, checkouts.payer_email(account, session)) + panel,
        provider="Stripe",
        accent=ACCENT,
        status=status,
    )


def summary(session: Record, email: str | None) -> str:
    rows = [("For", sessions.description(session), ""), ("Order", session["client_reference_id"], "mono")]
    rows.append(("E-mail", email, ""))
    rows.append(("Session", f"{session['id'][:16]}…", "mono"))
    items = "".join(
        f'<dt>{name}</dt><dd class="{style}">{escape(str(text))}</dd>' for name, text, style in rows if text
    )
    amount = dollars(session["amount_total"], session["currency"])
    return f"""
<section aria-label="Your order">
<h1>Pay API Models</h1>
<p class="amount">{amount} <span class="hint">{session["currency"].upper()}</span></p>
<dl>{items}</dl>
</section>"""


def order_form(session: Record, alert: str) -> str:
    amount = dollars(session["amount_total"], session["currency"])
    saves = bool(session["_intent"].get("setup_future_usage"))
    warning = f'<p class="alert" role="alert">{escape(alert)}</p>' if alert else ""
    once = '<button name="action" value="pay_once">Pay and save nothing</button>' if saves else ""
    debit = (
        '<button name="action" value="pay_later">Pay later from a bank account</button>'
        if set(session["payment_method_types"]) & {"us_bank_account", "sepa_debit"}
        else ""
    )
    return f"""
<form class="card" method="post">
<h2>How should this payment go?</h2>
{warning}{save_choice() if saves else ""}
<button class="primary" name="action" value="pay">Pay {amount}</button>
{once}
<hr>
<button name="action" value="decline">Try a card that is declined</button>
{debit}
<button name="action" value="abandon">Go back without paying</button>
<p class="hint">The test card ends in 4242. A bank debit takes until you say here what the bank answers.</p>
</form>"""


def save_choice() -> str:
    choices = "".join(
        f'<label><input type="radio" name="card" value="{value}"'
        f"{' checked' if value == cards.GOOD else ''}>{words}</label>"
        for value, words in SAVE_AS.items()
    )
    return f"<fieldset><legend>Save for later payments as</legend>{choices}</fieldset>"


def ended(session: Record, *, waiting: bool) -> str:
    if session["status"] == "expired":
        words = "This page has expired: nothing was charged. Go back and start again."
    elif session["payment_status"] == "paid":
        words = "This order is paid."
    elif waiting:
        words = "Your bank is working on this payment. It takes days."
    else:
        words = "Your bank refused this payment. Nothing was charged."
    address = session["success_url"] if session["status"] == "complete" else session["cancel_url"]
    back = escape((address or session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"]))
    link = f'<a class="button" href="{back}">Back to API Models</a>'
    return f'<section class="card"><h2>{words}</h2>{bank_choice() if waiting else ""}{link}</section>'


def bank_choice() -> str:
    return """
<form method="post">
<button class="primary" name="action" value="bank_pays">The bank pays now</button>
<button name="action" value="bank_refuses">The bank refuses</button>
</form>
<hr>"""
