"""What people and banks do at Stripe, by the control API: pay, dispute, refund in the dashboard."""

from collections.abc import Callable
from typing import Any

from sandbox.ground.control import Act, BadControl
from sandbox.ground.journal import Record
from sandbox.stripe import cards, checkouts, disputes, lines, payouts, refunds
from sandbox.stripe.account import Account, shown
from sandbox.stripe.errors import ApiError

CARDS = (cards.GOOD, cards.DECLINES, cards.CONFIRMS)


def acts(account: Account) -> dict[str, Act]:
    """Each takes ids and answers with the object as it is afterwards."""
    makers: dict[str, Callable[[Account, Record], Record]] = {
        "complete": complete,
        "expire": expire,
        "settle": lambda a, body: checkouts.settle(a, session_of(a, body), succeeds=bool(body["succeeds"])),
        "refund": refund,
        "settle_refund": lambda a, body: refunds.succeed(a, a.get("refund", body["refund"])),
        "fail_refund": lambda a, body: refunds.fail(a, a.get("refund", body["refund"])),
        "dispute": dispute,
        "withdraw": lambda a, body: disputes.withdraw(a, dispute_of(a, body), amount=body.get("amount")),
        "reinstate": reinstate,
        "close": lambda a, body: disputes.close(a, dispute_of(a, body), status=body["status"]),
        "fraud_warning": lambda a, body: disputes.warn(a, intent_of(a, body)),
        "line_add": lines.add,
        "line_drop": lines.drop,
        "line_alter": lines.alter,
        "payout": lambda a, _: payouts.pay_out(a),
        "card": change_card,
        "refund_status": set_refund_status,
        "webhook": set_webhook,
        "rotate": rotate,
    }
    return {name: guarded(account, make) for name, make in makers.items()}


def guarded(account: Account, make: Callable[[Account, Record], Record]) -> Act:
    def act(body: Record) -> Record:
        try:
            return shown(make(account, body))
        except ApiError as error:
            raise BadControl(str(error)) from error

    return act


def session_of(account: Account, body: Record) -> Record:
    """By `session`, or by our `reference`."""
    if "session" in body:
        return account.get("checkout.session", body["session"])
    for session in account.all("checkout.session"):
        if session["client_reference_id"] == body["reference"]:
            return session
    raise BadControl(f"no session with reference {body['reference']}")


def intent_of(account: Account, body: Record) -> Record:
    """By `payment_intent`, or that of a session."""
    identity = body.get("payment_intent") or session_of(account, body)["payment_intent"]
    return account.get("payment_intent", identity or "")


def dispute_of(account: Account, body: Record) -> Record:
    return account.get("dispute", body["dispute"])


def complete(account: Account, body: Record) -> Record:
    """What a person does on the page: `how` is pay, decline, pay_later or abandon."""
    session = session_of(account, body)
    card, how = body.get("card", cards.GOOD), body["how"]
    if card not in CARDS:
        raise BadControl(f"card must be one of {', '.join(CARDS)}")
    if how == "pay":
        return checkouts.pay(account, session, card=card, save_card=bool(body.get("save_card", True)))
    if how == "pay_later":
        return checkouts.pay_later(account, session)
    if how == "decline":
        return checkouts.decline(account, session)
    if how == "abandon":
        return session
    raise BadControl("how must be one of pay, decline, pay_later, abandon")


def expire(account: Account, body: Record) -> Record:
    """End a checkout that nobody has paid, before its time."""
    session = session_of(account, body)
    checkouts.require_open(session)
    return checkouts.expire(account, session)


def refund(account: Account, body: Record) -> Record:
    """A refund that somebody makes in Stripe's dashboard: without metadata of ours."""
    return refunds.new_refund(
        account,
        intent_of(account, body),
        amount=body.get("amount"),
        reason=body.get("reason", "requested_by_customer"),
        status=body.get("status"),
    )


def dispute(account: Account, body: Record) -> Record:
    opened = disputes.open_dispute(
        account,
        intent_of(account, body),
        amount=body.get("amount"),
        inquiry=bool(body.get("inquiry")),
        reason=body.get("reason", "fraudulent"),
    )
    if body.get("withdraw"):
        disputes.withdraw(account, opened)
    return opened


def reinstate(account: Account, body: Record) -> Record:
    return disputes.reinstate(account, dispute_of(account, body), return_fee=bool(body.get("return_fee")))


def change_card(account: Account, body: Record) -> Record:
    """Make a saved card behave otherwise from now on: `good`, `declines` or `confirms`."""
    method = account.get("payment_method", body["payment_method"])
    if body["behaviour"] not in CARDS:
        raise BadControl(f"behaviour must be one of {', '.join(CARDS)}")
    method["_behaviour"] = body["behaviour"]
    return account.save(method)


def set_refund_status(account: Account, body: Record) -> Record:
    """What a card's refund is born as: `succeeded` or `pending`."""
    if body["status"] not in ("succeeded", "pending"):
        raise BadControl("status must be succeeded or pending")
    account.refund_status = body["status"]
    return {"refund_status": account.refund_status}


def set_webhook(account: Account, body: Record) -> Record:
    account.webhook_url = str(body.get("url", account.webhook_url))
    if "secret" in body:
        account.webhook_secrets = [str(body["secret"])]
    return webhook(account)


def rotate(account: Account, body: Record) -> Record:
    """A new signing secret; with `keep_old` both sign, as Stripe does for the day after."""
    kept = account.webhook_secrets[:1] if body.get("keep_old") else []
    account.webhook_secrets = [str(body["secret"]), *kept]
    return webhook(account)


def webhook(account: Account) -> dict[str, Any]:
    return {"url": account.webhook_url, "secrets": list(account.webhook_secrets)}
