"""Payouts: the balance on its way to our bank."""

from sandbox.ground.journal import Record
from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Invalid


def pay_out(account: Account, *, currency: str = "usd") -> Record:
    """Send everything to the bank, whether it has matured or not."""
    lines = [
        record
        for record in account.all("balance_transaction")
        if record["_payout"] is None and record["type"] != "payout" and record["currency"] == currency
    ]
    amount = sum(record["net"] for record in lines)
    if amount <= 0:
        raise Invalid("There is nothing to pay out.", code="balance_insufficient")
    payout = account.new(
        "po_",
        "payout",
        amount=amount,
        application_fee=None,
        application_fee_amount=None,
        arrival_date=account.now() + 86400,
        automatic=True,
        currency=currency,
        description="STRIPE PAYOUT",
        destination="ba_1SandboxBankAccount00",
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        metadata={},
        method="standard",
        original_payout=None,
        reconciliation_status="completed",
        reversed_by=None,
        source_type="card",
        statement_descriptor=None,
        status="paid",
        trace_id=None,
        type="bank_account",
    )
    own = balance.book(
        account, kind="payout", category="payout", amount=-amount, currency=currency, source=payout["id"]
    )
    payout["balance_transaction"] = own["id"]
    for record in [*lines, own]:
        record |= {"_payout": payout["id"], "status": "available"}
        account.save(record)
    account.emit("payout.created", account.save(payout))
    account.emit("payout.paid", payout)
    return payout
