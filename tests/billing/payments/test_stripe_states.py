"""Which answers of Stripe mean money, and which do not."""

from typing import Any

import pytest

from billing.payments.protocol import PaymentState, RefundState
from billing.payments.stripe import cards, refunds, states
from tests.billing.payments.stripe_objects import CARD, DECLINE, INTENT, REFUND, SESSION

WAITING, PROCESSING, PAID, FAILED, CLOSED = PaymentState
DECLINED = {"status": "requires_payment_method", "last_payment_error": DECLINE}
NOTHING: dict[str, Any] = {"status": "requires_payment_method"}


def state(session: dict[str, Any] | None, intent: dict[str, Any] | None) -> PaymentState:
    return states.of_payment(
        None if session is None else SESSION | session, None if intent is None else INTENT | intent
    )


def sessions(status: str, payment_status: str) -> dict[str, str]:
    return {"status": status, "payment_status": payment_status}


class TestOfPayment:
    @pytest.mark.parametrize(
        ("session", "intent", "expected"),
        [
            (sessions("open", "unpaid"), None, WAITING),
            (sessions("open", "unpaid"), NOTHING, WAITING),
            (sessions("open", "unpaid"), DECLINED, WAITING),
            (sessions("complete", "paid"), {"status": "succeeded"}, PAID),
            (sessions("expired", "paid"), {"status": "succeeded"}, PAID),
            (sessions("complete", "paid"), {"status": "processing"}, PROCESSING),
            (sessions("complete", "paid"), None, PROCESSING),
            (sessions("complete", "unpaid"), {"status": "processing"}, PROCESSING),
            (sessions("complete", "unpaid"), {"status": "succeeded"}, PROCESSING),
            (sessions("complete", "unpaid"), None, PROCESSING),
            (sessions("complete", "unpaid"), DECLINED, FAILED),
            (sessions("complete", "unpaid"), {"status": "canceled"}, CLOSED),
            (sessions("expired", "unpaid"), None, CLOSED),
            (sessions("expired", "unpaid"), DECLINED, CLOSED),
            (sessions("complete", "no_payment_required"), None, CLOSED),
            (sessions("a new word", "unpaid"), None, WAITING),
        ],
    )
    def test_of_a_checkout(
        self, session: dict[str, Any], intent: dict[str, Any] | None, expected: PaymentState
    ):
        assert state(session, intent) is expected

    @pytest.mark.parametrize(
        ("intent", "expected"),
        [
            ({"status": "succeeded"}, PAID),
            ({"status": "processing"}, PROCESSING),
            ({"status": "canceled"}, CLOSED),
            (DECLINED, FAILED),
            (NOTHING, WAITING),
            ({"status": "requires_action"}, WAITING),
            ({"status": "requires_capture"}, WAITING),
            ({"status": "a new word"}, WAITING),
        ],
    )
    def test_of_a_saved_card(self, intent: dict[str, Any], expected: PaymentState):
        assert state(None, intent) is expected

    @pytest.mark.parametrize("status", ["open", "complete", "expired"])
    @pytest.mark.parametrize("payment_status", ["unpaid", "no_payment_required"])
    @pytest.mark.parametrize("intent", ["succeeded", "processing", "canceled", "requires_capture"])
    def test_is_never_paid_unless_both_say_so(self, status: str, payment_status: str, intent: str):
        assert state(sessions(status, payment_status), {"status": intent}) is not PAID


class TestFailureOf:
    def test_tells_the_banks_word(self):
        assert states.failure_of(INTENT | DECLINED) == "insufficient_funds"
        assert states.failure_of(INTENT | {"last_payment_error": {"code": "expired_card"}}) == "expired_card"
        assert (
            states.failure_of(INTENT | {"status": "canceled", "cancellation_reason": "abandoned"})
            == "abandoned"
        )

    def test_is_empty_once_it_worked(self):
        assert states.failure_of(INTENT | DECLINED | {"status": "succeeded"}) == ""
        assert states.failure_of(None) == ""


class TestSeenRefund:
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("pending", RefundState.PENDING),
            ("requires_action", RefundState.PENDING),
            ("succeeded", RefundState.SUCCEEDED),
            ("failed", RefundState.FAILED),
            ("canceled", RefundState.FAILED),
            ("a new word", RefundState.PENDING),
        ],
    )
    def test_has_a_state(self, status: str, expected: RefundState):
        assert refunds.seen(REFUND | {"status": status}).state is expected

    def test_has_no_reference_where_we_did_not_start_it(self):
        assert refunds.seen(REFUND).reference is None
        assert refunds.seen(REFUND | {"metadata": None}).reference is None
        assert refunds.seen(REFUND | {"metadata": {"reference": "refund-1"}}).reference == "refund-1"


class TestSavedCard:
    SAVED = INTENT | {
        "status": "succeeded",
        "setup_future_usage": "off_session",
        "customer": "cus_QXg1o8vcGmoR32",
        "payment_method": CARD,
    }

    def test_is_one_that_the_customer_agreed_to(self):
        card = cards.saved(self.SAVED)

        assert card
        assert (card.payer, card.card_id) == ("cus_QXg1o8vcGmoR32", "pm_1Pgc75B7WZ01zgkWlHVgdEGJ")
        assert (card.brand, card.last4, card.expires_month, card.expires_year) == ("visa", "4242", 8, 2030)

    @pytest.mark.parametrize(
        "changes",
        [
            {"setup_future_usage": None},
            {"setup_future_usage": "on_session"},
            {"customer": None},
            {"payment_method": None},
            {"payment_method": CARD["id"]},
            {"payment_method": CARD | {"type": "us_bank_account"}},
            {"status": "processing"},
        ],
    )
    def test_is_none_otherwise(self, changes: dict[str, Any]):
        assert cards.saved(self.SAVED | changes) is None
