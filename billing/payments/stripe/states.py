"""What state a payment is in, from its session and its payment intent."""

from typing import Final

from billing.payments.protocol import PaymentState
from billing.payments.stripe.answers import Answer

NOTHING_DUE: Final = "no_payment_required"

_OF_SESSION: Final = {"open": PaymentState.WAITING, "expired": PaymentState.CLOSED}
_OF_INTENT: Final = {
    "processing": PaymentState.PROCESSING,
    "succeeded": PaymentState.PAID,
    "canceled": PaymentState.CLOSED,
}


def of_payment(session: Answer | None, intent: Answer | None) -> PaymentState:
    if session is None:
        assert intent is not None, "a payment has one or the other"
        return _of_intent(intent)

    if session["payment_status"] == NOTHING_DUE:
        return PaymentState.CLOSED
    if session["payment_status"] == "paid":
        # Only the intent proves money; where it lags behind, the next look finds it.
        received = intent is not None and intent["status"] == "succeeded"
        return PaymentState.PAID if received else PaymentState.PROCESSING
    if session["status"] != "complete":
        # A declined card leaves the session open: the customer tries another one.
        return _OF_SESSION.get(session["status"], PaymentState.WAITING)

    return _unless_paid(_of_intent(intent) if intent else PaymentState.PROCESSING)


def _unless_paid(state: PaymentState) -> PaymentState:
    """A complete session that is not paid waits for a bank, unless the bank has said no."""
    return state if state in {PaymentState.FAILED, PaymentState.CLOSED} else PaymentState.PROCESSING


def _of_intent(intent: Answer) -> PaymentState:
    if intent["status"] == "requires_payment_method" and intent.get("last_payment_error"):
        return PaymentState.FAILED

    return _OF_INTENT.get(intent["status"], PaymentState.WAITING)


def failure_of(intent: Answer | None) -> str:
    """Why it did not work, in Stripe's word; empty where it did, or may yet."""
    if intent is None or intent["status"] == "succeeded":
        return ""

    error = intent.get("last_payment_error") or {}
    return error.get("decline_code") or error.get("code") or intent.get("cancellation_reason") or ""
