"""Charges: one attempt each to take money for a payment intent."""

from typing import Any

from sandbox.ground.journal import Record
from sandbox.stripe import balance, cards
from sandbox.stripe.account import Account

DECLINES = {
    "card_declined": "Your card was declined.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "payment_intent_payment_attempt_failed": "The payment failed.",
}
APPROVED = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def new_charge(account: Account, intent: Record, method: Record, **fields: Any) -> Record:
    """A charge of the whole intent; `fields` tell how it went. Ids of what is no card begin with `py_`."""
    email = method["billing_details"]["email"]
    charge = account.new(
        "ch_" if method["type"] == "card" else "py_",
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application=None,
        application_fee=None,
        application_fee_amount=None,
        balance_transaction=None,
        billing_details=cards.billing_details(email),
        calculated_statement_descriptor="API MODELS SANDBOX",
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        on_behalf_of=None,
        outcome=dict(APPROVED),
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=cards.charge_details(method),
        radar_options={},
        receipt_email=intent["receipt_email"],
        receipt_number=None,
        receipt_url=None,
        refunded=False,
        review=None,
        shipping=None,
        source_transfer=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="pending",
        transfer_data=None,
        transfer_group=None,
    )
    return account.save(charge | fields)


def book_payment(account: Account, charge: Record) -> Record:
    """The balance transaction of a charge, with its fee."""
    is_card = charge["payment_method_details"]["type"] == "card"
    transaction = balance.book(
        account,
        kind="charge" if is_card else "payment",
        category="charge",
        amount=charge["amount"],
        currency=charge["currency"],
        source=charge["id"],
        fee=balance.charge_fee(charge["amount"]),
        description=charge["description"],
    )
    charge["balance_transaction"] = transaction["id"]
    return transaction


def succeed(account: Account, charge: Record) -> None:
    if charge["balance_transaction"] is None:
        book_payment(account, charge)
    charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
    account.emit("charge.succeeded", account.save(charge))


def start(account: Account, charge: Record) -> None:
    """A debit that takes days: on its way, and already in the books."""
    book_payment(account, charge)
    charge |= {"captured": True, "amount_captured": charge["amount"]}
    account.emit("charge.pending", account.save(charge))


def fail(account: Account, charge: Record, code: str) -> None:
    """A charge that came to nothing; what the books already had of it is taken back."""
    if charge["balance_transaction"] is not None:
        reversal = balance.book(
            account,
            kind="payment_failure_refund",
            category="charge_failure",
            amount=-charge["amount"],
            currency=charge["currency"],
            source=charge["id"],
            fee=-balance.charge_fee(charge["amount"]),
        )
        charge["failure_balance_transaction"] = reversal["id"]
    declined = {"network_status": "declined_by_network", "type": "issuer_declined", "reason": code}
    charge |= {
        "status": "failed",
        "paid": False,
        "captured": False,
        "failure_code": code,
        "failure_message": DECLINES[code],
        "outcome": APPROVED | declined | {"seller_message": "The bank did not accept the payment."},
    }
    account.emit("charge.failed", account.save(charge))
