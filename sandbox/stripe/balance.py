"""The account's own books: one balance transaction for each movement of money."""

from typing import Any

from sandbox.ground.journal import Record
from sandbox.stripe.account import Account

DAYS_UNTIL_AVAILABLE = 2
PERCENT_FEE = 29  # per mille of a charge
FIXED_FEE = 30
DISPUTE_FEE = 1500


def charge_fee(amount: int) -> int:
    """2.9 % and 30 cents, rounded half up."""
    return (amount * PERCENT_FEE + 500) // 1000 + FIXED_FEE


def book(
    account: Account,
    *,
    kind: str,
    category: str,
    amount: int,
    currency: str,
    source: str | None,
    fee: int = 0,
    description: str | None = None,
) -> Record:
    """Write a balance transaction. `amount` is signed; `net` is what it changes the balance by."""
    record = account.new(
        "txn_",
        "balance_transaction",
        amount=amount,
        available_on=account.now() + DAYS_UNTIL_AVAILABLE * 86400,
        balance_type="payments",
        currency=currency,
        description=description,
        exchange_rate=None,
        fee=fee,
        fee_details=fee_details(fee, currency),
        net=amount - fee,
        reporting_category=category,
        source=source,
        status="pending",
        type=kind,
        _payout=None,
    )
    del record["livemode"]
    return account.save(record)


def fee_details(fee: int, currency: str) -> list[dict[str, Any]]:
    if not fee:
        return []
    detail = {"application": None, "currency": currency, "description": "Stripe processing fees"}
    return [{"amount": fee, **detail, "type": "stripe_fee"}]


def mature(account: Account) -> None:
    """Make available what has waited long enough."""
    now = account.now()
    for record in account.all("balance_transaction"):
        if record["status"] == "pending" and record["available_on"] <= now:
            record["status"] = "available"
            account.save(record)
