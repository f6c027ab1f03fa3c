"""What is told of a payment, from objects that the stand-in never makes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.payments.protocol import Payment, PaymentState
from billing.payments.stripe import payments
from billing.payments.stripe.client import Keys, connect
from tests.billing.payments.answering import answering
from tests.billing.payments.stripe_objects import DECLINE, INTENT, SESSION

NOTHING_LISTED = b'{"object": "list", "data": [], "has_more": false, "url": "/v1/refunds"}'
PAID: dict[str, Any] = {"status": "complete", "payment_status": "paid"}
SUCCEEDED: dict[str, Any] = {"status": "succeeded", "amount_received": 2000}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering((200, NOTHING_LISTED)) as server:
        yield server.url


@pytest.fixture
def describe(url: str) -> Any:
    client = connect(Keys(secret_key="sk_test_1", webhook_secrets=(), api_base=url)).reading

    def told(session: dict[str, Any] | None, intent: dict[str, Any] | None) -> Payment:
        return payments.describe(
            client,
            None if session is None else SESSION | session,
            None if intent is None else INTENT | intent,
            account="acct_1",
        )

    return told


class TestDescribe:
    def test_counts_what_was_received_not_what_was_asked(self, describe: Any):
        payment = describe(PAID, SUCCEEDED | {"amount_received": 1999})

        assert (payment.state, payment.amount_minor) == (PaymentState.PAID, 1999)

    def test_names_the_currency_that_was_received(self, describe: Any):
        assert describe(PAID, SUCCEEDED | {"currency": "eur"}).currency == "EUR"

    def test_can_buy_nothing_where_nothing_was_due(self, describe: Any):
        free = {"status": "complete", "payment_status": "no_payment_required", "amount_total": 0}

        payment = describe(free, None)

        assert payment.state is PaymentState.CLOSED
        assert payment.mode != "payment"
        assert payment.amount_minor == 0

    @pytest.mark.parametrize("mode", ["setup", "subscription"])
    def test_tells_what_a_session_is_for(self, describe: Any, mode: str):
        assert describe({"mode": mode, "amount_total": None, "currency": None}, None).mode == mode

    @pytest.mark.parametrize(
        ("session", "intent", "reference"),
        [
            ({}, {}, "top-up-1"),
            ({"metadata": {}}, {"metadata": {}}, "top-up-1"),
            ({"client_reference_id": None, "metadata": {}}, {}, "top-up-1"),
            ({"client_reference_id": None}, {"metadata": {}}, "top-up-1"),
            ({"client_reference_id": "top-up-2"}, {}, None),
            ({"metadata": {"reference": "top-up-2"}}, {}, None),
            ({}, {"metadata": {"reference": "top-up-2"}}, None),
            ({"client_reference_id": "", "metadata": None}, {"metadata": {}}, None),
        ],
    )
    def test_has_a_reference_where_everything_agrees(
        self, describe: Any, session: dict[str, Any], intent: dict[str, Any], reference: str | None
    ):
        assert describe(session, intent).reference == reference

    @pytest.mark.parametrize("livemode", [True, False])
    def test_keeps_mode_and_account(self, describe: Any, livemode: bool):
        payment = describe({"livemode": livemode}, {})

        assert (payment.livemode, payment.account) == (livemode, "acct_1")

    def test_was_paid_when_it_was_booked(self, describe: Any):
        booked = {"id": "txn_1", "created": 1_790_300_000}
        charge = {"id": "ch_1", "created": 1_790_000_000, "balance_transaction": booked}

        assert describe(PAID, SUCCEEDED | {"latest_charge": charge}).paid_at == datetime.fromtimestamp(
            1_790_300_000, UTC
        )
        charge = charge | {"balance_transaction": "txn_1"}
        assert describe(PAID, SUCCEEDED | {"latest_charge": charge}).paid_at == datetime.fromtimestamp(
            1_790_000_000, UTC
        )
        assert describe(PAID, SUCCEEDED | {"latest_charge": "ch_1"}).paid_at is None

    def test_names_a_saved_cards_payment_by_its_intent(self, describe: Any):
        payment = describe(None, {"last_payment_error": DECLINE})

        assert payment.object_id == payment.payment_id == INTENT["id"]
        assert (payment.state, payment.failure) == (PaymentState.FAILED, "insufficient_funds")
        assert (payment.amount_minor, payment.mode) == (2000, "payment")
