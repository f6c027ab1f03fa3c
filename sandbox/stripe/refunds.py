"""Refunds: ours by the API, and those that somebody makes in Stripe's dashboard."""

from sandbox.ground.journal import Record
from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Invalid

OPEN, DEAD = ("pending", "requires_action"), ("failed", "canceled")


def dollars(amount: int, currency: str) -> str:
    sign = {"usd": "$", "eur": "€", "cny": "CN¥"}[currency]
    return f"{sign}{amount // 100:,}.{amount % 100:02}"


def charge_to_refund(account: Account, intent: Record) -> Record:
    charge = account.ground.store.find("charge", intent["latest_charge"] or "")
    if charge is None or charge["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise Invalid(message, code="payment_intent_unexpected_state")
    return charge


def refundable(account: Account, charge: Record, asked: int | None) -> int:
    """How much may be refunded; raises what Stripe answers to too much."""
    if charge["disputed"] and any(
        record["charge"] == charge["id"] and not record["is_charge_refundable"]
        for record in account.all("dispute")
    ):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Invalid(message, code="charge_disputed")
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise Invalid(message, code="charge_already_refunded")
    amount = left if asked is None else asked
    if amount > left:
        currency = charge["currency"]
        message = (
            f"Refund amount ({dollars(amount, currency)}) is greater than unrefunded amount on charge "
            f"({dollars(left, currency)})"
        )
        raise Invalid(message, param="amount")
    return amount


def new_refund(
    account: Account,
    intent: Record,
    *,
    amount: int | None,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    status: str | None = None,
) -> Record:
    """Give back part or all; a card's refund succeeds at once and may fail later, a debit's is pending."""
    charge = charge_to_refund(account, intent)
    refunded = refundable(account, charge, amount)
    is_card = charge["payment_method_details"]["type"] == "card"
    refund = account.new(
        "re_" if is_card else "pyr_",
        "refund",
        amount=refunded,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=metadata or {},
        payment_intent=intent["id"],
        reason=reason,
        receipt_number=None,
        source_transfer_reversal=None,
        status=status or (account.refund_status if is_card else "pending"),
        transfer_reversal=None,
    )
    del refund["livemode"]
    if is_card:
        refund["destination_details"] = {"type": "card", "card": {"type": "refund"}}
    if refund["status"] == "pending":
        refund["pending_reason"] = "processing"
    transaction = balance.book(
        account,
        kind="refund" if is_card else "payment_refund",
        category="refund",
        amount=-refunded,
        currency=charge["currency"],
        source=refund["id"],
    )
    refund["balance_transaction"] = transaction["id"]
    account.save(refund)
    take_from_charge(account, charge, refunded)
    account.emit("refund.created", refund)
    return refund


def take_from_charge(account: Account, charge: Record, amount: int) -> None:
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.save(charge)
    if amount > 0:
        account.emit("charge.refunded", charge, before)


def succeed(account: Account, refund: Record) -> Record:
    """The bank took a pending refund."""
    if refund["status"] not in OPEN:
        raise Invalid(f"This refund is {refund['status']}, not pending.")
    before = {"status": refund["status"]}
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    updated(account, refund, before)
    return refund


def fail(account: Account, refund: Record, reason: str = "lost_or_stolen_card") -> Record:
    """The bank sent the refund back: its money is on our balance again."""
    if refund["status"] in DEAD:
        raise Invalid(f"This refund is already {refund['status']}.")
    before = {"status": refund["status"]}
    back = balance.book(
        account,
        kind="refund_failure",
        category="refund_failure",
        amount=refund["amount"],
        currency=refund["currency"],
        source=refund["id"],
    )
    refund |= {
        "status": "failed",
        "failure_reason": reason,
        "failure_balance_transaction": back["id"],
    }
    refund.pop("pending_reason", None)
    take_from_charge(account, account.get("charge", refund["charge"]), -refund["amount"])
    updated(account, refund, before)
    account.emit("refund.failed", refund)
    return refund


def updated(account: Account, refund: Record, before: Record) -> None:
    account.emit("refund.updated", account.save(refund), before)
    account.emit("charge.refund.updated", refund, before)
