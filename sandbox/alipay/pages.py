"""The cashier: the page after our redirect, and the one behind a QR code."""

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.alipay import orders, trades, yuan
from sandbox.alipay.errors import Refusal
from sandbox.alipay.merchant import Merchant
from sandbox.ground.journal import Record
from sandbox.ground.pages import page

ACCENT = "oklch(0.55 0.19 255)"
ENDED = {
    trades.SUCCESS: "This order is paid.",
    trades.FINISHED: "This order is paid, and the time to refund it is over.",
    trades.CLOSED: "This order is closed: nobody can pay it any more.",
}


def add_pages(app: web.Application, merchant: Merchant) -> None:
    def order_of(request: web.Request) -> Record:
        order = orders.by_token(merchant, request.match_info["token"])
        if order is None:
            raise web.HTTPNotFound(text="There is no such order.")
        return order

    async def show(request: web.Request) -> web.Response:
        return cashier(merchant, order_of(request))

    async def scan(request: web.Request) -> web.Response:
        """Opening the address in the code is scanning it: the trade begins."""
        order = order_of(request)
        try:
            trades.open_trade(merchant, order)
        except Refusal as refusal:
            return cashier(merchant, order, alert=refusal.sub_msg)
        return cashier(merchant, order)

    async def choose(request: web.Request) -> web.Response:
        form = await request.post()
        return act(merchant, order_of(request), str(form.get("action")))

    app.router.add_get("/cashier/{token}", show)
    app.router.add_post("/cashier/{token}", choose)
    app.router.add_get("/qr/{token}", scan)
    app.router.add_post("/qr/{token}", choose)


def act(merchant: Merchant, order: Record, action: str) -> web.Response:
    if action == "abandon":
        return leave(order["quit_url"] or order["return_url"], merchant, order)
    try:
        trade = trades.open_trade(merchant, order)
        if action == "decline":
            words = "Your balance is too low. Choose another way to pay."
            return cashier(merchant, order, alert=words, status=402)
        if action == "pay":
            trades.pay(merchant, trade)
            return leave(with_result(merchant, trade), merchant, order)
    except Refusal as refusal:
        return cashier(merchant, order, alert=refusal.sub_msg, status=400)
    if action == "pay_later":
        return leave(order["return_url"], merchant, order)
    return cashier(merchant, order, alert="Choose one of the buttons.", status=400)


def leave(address: str, merchant: Merchant, order: Record) -> web.Response:
    """Back to us; on a phone that scanned a code there is nowhere to go back to."""
    if not address:
        return cashier(merchant, order)
    raise web.HTTPSeeOther(address)


def with_result(merchant: Merchant, trade: Record) -> str:
    """The return address with Alipay's signed word that it was paid, which nobody should take as proof."""
    if not trade["return_url"]:
        return ""
    fields = {
        "app_id": merchant.app_id,
        "auth_app_id": merchant.app_id,
        "charset": "utf-8",
        "method": f"alipay.trade.{trade['product']}.pay.return",
        "out_trade_no": trade["out_trade_no"],
        "seller_id": merchant.seller_id,
        "timestamp": merchant.now_shown(),
        "total_amount": yuan.written(trade["fen"]),
        "trade_no": trade["trade_no"],
        "version": "1.0",
    }
    mark = "&" if "?" in trade["return_url"] else "?"
    return f"{trade['return_url']}{mark}{urlencode(merchant.signed(fields))}"


def cashier(merchant: Merchant, order: Record, *, alert: str = "", status: int = 200) -> web.Response:
    trade = merchant.find(trades.TRADE, order["out_trade_no"])
    if trade:
        trades.expire(merchant, trade)
    state = trade["status"] if trade else trades.WAITING
    panel = choices(order, alert) if state == trades.WAITING else ended(order, ENDED[state])
    return page(
        title="Pay API Models with Alipay",
        body=summary(order, trade) + panel,
        provider="Alipay",
        accent=ACCENT,
        status=status,
    )


def summary(order: Record, trade: Record | None) -> str:
    rows = [("For", order["subject"], ""), ("Order", order["out_trade_no"], "mono")]
    if trade:
        rows.append(("Trade", trade["trade_no"], "mono"))
    items = "".join(f'<dt>{name}</dt><dd class="{style}">{escape(text)}</dd>' for name, text, style in rows)
    return f"""
<section aria-label="Your order">
<h1>Pay API Models</h1>
<p class="amount">¥{yuan.written(order["fen"])} <span class="hint">CNY</span></p>
<dl>{items}</dl>
</section>"""


def choices(order: Record, alert: str) -> str:
    warning = f'<p class="alert" role="alert">{escape(alert)}</p>' if alert else ""
    scanned = '<p class="hint">You scanned the code.</p>' if order["product"] == "qr" else ""
    return f"""
<form class="card" method="post">
<h2>How should this payment go?</h2>
{warning}{scanned}
<button class="primary" name="action" value="pay">Pay ¥{yuan.written(order["fen"])}</button>
<hr>
<button name="action" value="decline">Pay with too little balance</button>
<button name="action" value="pay_later">Log in and pay later</button>
<button name="action" value="abandon">Go back without paying</button>
</form>"""


def ended(order: Record, words: str) -> str:
    address = order["return_url"]
    link = f'<a class="button" href="{escape(address)}">Back to API Models</a>' if address else ""
    return f'<section class="card"><h2>{words}</h2>{link}</section>'
