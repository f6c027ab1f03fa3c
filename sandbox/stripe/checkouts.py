"""What a person does on Stripe's page, and what comes of it."""

from sandbox.ground.journal import Record
from sandbox.stripe import cards, customers, intents
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Invalid


def require_open(session: Record) -> None:
    if session["status"] != "open":
        message = f"This Checkout Session is {session['status']}: only open ones can change."
        raise Invalid(message)


def intent_of(account: Account, session: Record) -> Record:
    """The session's payment intent, which is born with the first attempt to pay."""
    if session["payment_intent"]:
        return account.get("payment_intent", session["payment_intent"])
    data = session["_intent"]
    intent = intents.new_intent(
        account,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        description=data.get("description"),
        metadata=data.get("metadata", {}),
        payment_method_types=session["payment_method_types"],
        receipt_email=data.get("receipt_email"),
        setup_future_usage=data.get("setup_future_usage"),
    )
    session["payment_intent"] = intent["id"]
    account.save(session)
    return intent


def pay(account: Account, session: Record, *, card: str = cards.GOOD, save_card: bool = True) -> Record:
    """A person pays by card.

    Where the session asked for it, the card is saved as one that behaves as `card`.
    """
    require_open(session)
    saves = save_card and bool(session["_intent"].get("setup_future_usage"))
    find_payer(account, session, saves=saves)
    intent = intent_of(account, session)
    if not saves:
        intent["setup_future_usage"] = None
    method = cards.new_card(account, behaviour=card, customer=None, email=payer_email(account, session))
    if saves:
        method["customer"] = session["customer"]
        account.emit("payment_method.attached", account.save(method))
    intent["customer"] = session["customer"]
    intents.pay(account, intent, method)
    complete(account, session, payment_status="paid")
    return session


def pay_later(account: Account, session: Record) -> Record:
    """A person chooses a bank debit: the session completes unpaid, and the money comes or not in days."""
    require_open(session)
    find_payer(account, session, saves=False)
    intent = intent_of(account, session)
    method = cards.new_bank_account(account, email=payer_email(account, session))
    intents.start_debit(account, intent, method)
    complete(account, session, payment_status="unpaid")
    return session


def decline(account: Account, session: Record) -> Record:
    """The bank refuses the card: the person stays on the page, and may try another."""
    require_open(session)
    intent = intent_of(account, session)
    method = cards.new_card(
        account, behaviour=cards.DECLINES, customer=None, email=payer_email(account, session)
    )
    intents.decline(account, intent, method, "card_declined")
    return session


def settle(account: Account, session: Record, *, succeeds: bool) -> Record:
    """The bank's word about a debit, days later."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise Invalid("This Checkout Session waits for no bank.")
    intent = account.get("payment_intent", session["payment_intent"])
    if intent["status"] != "processing":
        raise Invalid("This Checkout Session waits for no bank.")
    intents.finish_debit(account, intent, succeeds=succeeds)
    if succeeds:
        session["payment_status"] = "paid"
    word = "succeeded" if succeeds else "failed"
    account.emit(f"checkout.session.async_payment_{word}", account.save(session))
    return session


def complete(account: Account, session: Record, *, payment_status: str) -> None:
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": customers.details(payer_email(account, session)),
    }
    account.emit("checkout.session.completed", account.save(session))


def expire(account: Account, session: Record) -> Record:
    session |= {"status": "expired", "url": None}
    account.save(session)
    if session["payment_intent"]:
        intents.cancel(account, account.get("payment_intent", session["payment_intent"]))
    account.emit("checkout.session.expired", session)
    return session


def expire_due(account: Account) -> None:
    """Close every open session whose time is over."""
    for session in account.all("checkout.session"):
        if session["status"] == "open" and session["expires_at"] <= account.now():
            expire(account, session)


def payer_email(account: Account, session: Record) -> str | None:
    if session["customer"]:
        email = account.get("customer", session["customer"])["email"]
        return str(email) if email else None
    return str(session["customer_email"]) if session["customer_email"] else None


def find_payer(account: Account, session: Record, *, saves: bool) -> None:
    """Make a customer where the session has none and needs one."""
    if session["customer"] is None and (saves or session["customer_creation"] == "always"):
        made = customers.new_customer(account, {"email": session["customer_email"]})
        session["customer"] = made["id"]
        account.save(session)
