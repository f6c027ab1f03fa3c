"""Payment intents: what somebody owes us, from the first attempt to the money."""

from typing import Any

from sandbox.ground.ids import new_id
from sandbox.ground.journal import Record
from sandbox.stripe import charges
from sandbox.stripe.account import Account, shown

CARD_OPTIONS = {
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
}


def new_intent(account: Account, *, amount: int, currency: str, **fields: Any) -> Record:
    """An intent that nobody has tried to pay yet; `fields` are any of its own."""
    intent = account.new(
        "pi_",
        "payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        application=None,
        application_fee_amount=None,
        automatic_payment_methods=None,
        canceled_at=None,
        cancellation_reason=None,
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        customer=None,
        customer_account=None,
        description=None,
        excluded_payment_method_types=None,
        last_payment_error=None,
        latest_charge=None,
        metadata={},
        next_action=None,
        on_behalf_of=None,
        payment_method=None,
        payment_method_configuration_details=None,
        payment_method_options=CARD_OPTIONS,
        payment_method_types=["card"],
        processing=None,
        receipt_email=None,
        review=None,
        setup_future_usage=None,
        shipping=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="requires_payment_method",
        transfer_data=None,
        transfer_group=None,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{new_id('', 25)}"
    intent |= fields
    account.emit("payment_intent.created", account.save(intent))
    return intent


def pay(account: Account, intent: Record, method: Record) -> Record:
    """Charge `method` at once; the charge."""
    charge = charges.new_charge(account, intent, method)
    attempted(intent, charge, method)
    charges.succeed(account, charge)
    finish(account, intent)
    return charge


def start_debit(account: Account, intent: Record, method: Record) -> Record:
    """Begin a debit that takes days; `finish_debit` ends it."""
    charge = charges.new_charge(account, intent, method)
    attempted(intent, charge, method)
    charges.start(account, charge)
    intent["status"] = "processing"
    account.emit("payment_intent.processing", account.save(intent))
    return charge


def finish_debit(account: Account, intent: Record, *, succeeds: bool) -> None:
    charge = account.get("charge", intent["latest_charge"])
    if succeeds:
        charges.succeed(account, charge)
        finish(account, intent)
    else:
        charges.fail(account, charge, "payment_intent_payment_attempt_failed")
        refuse(account, intent, charge, "payment_intent_payment_attempt_failed")


def decline(account: Account, intent: Record, method: Record, code: str) -> Record:
    """Attempt a charge which the bank refuses; the charge."""
    charge = charges.new_charge(account, intent, method)
    attempted(intent, charge, method)
    charges.fail(account, charge, code)
    refuse(account, intent, charge, code)
    return charge


def attempted(intent: Record, charge: Record, method: Record) -> None:
    intent |= {"latest_charge": charge["id"], "payment_method": method["id"]}


def finish(account: Account, intent: Record) -> None:
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
    }
    account.emit("payment_intent.succeeded", account.save(intent))


def refuse(account: Account, intent: Record, charge: Record, code: str) -> None:
    method = account.get("payment_method", charge["payment_method"])
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": {
            "charge": charge["id"],
            "code": code,
            "decline_code": "generic_decline" if code == "card_declined" else code,
            "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            "message": charge["failure_message"],
            "payment_method": shown(method),
            "type": "card_error",
        },
    }
    account.emit("payment_intent.payment_failed", account.save(intent))


def cancel(account: Account, intent: Record) -> None:
    """What happens to an unpaid intent whose checkout nobody can use any more."""
    intent |= {"status": "canceled", "canceled_at": account.now(), "cancellation_reason": "automatic"}
    account.emit("payment_intent.canceled", account.save(intent))
