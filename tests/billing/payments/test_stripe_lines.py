"""Stripe's own books of a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.payments.protocol import Line, LineKind
from billing.payments.stripe.lines import line_of
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import paid, refund_of
from tests.sandbox_servers import Control

# As Stripe's reference shows it.
TRANSACTION: dict[str, Any] = {
    "id": "txn_1PgaxNB7WZ01zgkWEV3TLf40",
    "object": "balance_transaction",
    "amount": 2000,
    "available_on": 1_234_567_890,
    "balance_type": "payments",
    "created": 1_234_567_890,
    "currency": "usd",
    "description": None,
    "exchange_rate": None,
    "fee": 88,
    "fee_details": [],
    "net": 1912,
    "reporting_category": "charge",
    "source": "ch_1PgafuB7WZ01zgkWXYmPNZs8",
    "status": "available",
    "type": "charge",
}
DISPUTE = {"id": "dp_1Pgc71B7WZ01zgkWMevJiAUx", "object": "dispute", "payment_intent": "pi_1"}


def line(**changes: Any) -> Line:
    return line_of(TRANSACTION | changes)


class TestLines:
    def test_tells_every_movement_of_a_day(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox, reference="top-up-7", amount_minor=10_000)
        refund = stripe_provider.refund(refund_of(payment, 500))
        dispute = stripe_sandbox.act("dispute", session=payment.object_id, amount=700, withdraw=True)
        stripe_sandbox.act("reinstate", dispute=dispute["id"])
        payout = stripe_sandbox.act("payout")

        today = datetime.now(UTC).date()
        # The day may have turned since the payment.
        days = [today - timedelta(days=1), today]
        lines = {one.kind: one for day in days for one in stripe_provider.lines(day)}

        assert {kind: one.gross_minor for kind, one in lines.items()} == {
            LineKind.PAYMENT: 10_000,
            LineKind.REFUND: -500,
            LineKind.DISPUTE: -700,
            LineKind.DISPUTE_REVERSAL: 700,
            LineKind.PAYOUT: -payout["amount"],
        }
        assert sum(one.gross_minor - one.fee_minor for one in lines.values()) == 0
        assert lines[LineKind.PAYMENT].fee_minor == 320
        assert lines[LineKind.PAYMENT].reference == "top-up-7"
        assert lines[LineKind.REFUND].source_id == refund.refund_id
        assert lines[LineKind.DISPUTE].source_id == dispute["id"]
        for kind in (LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL):
            assert lines[kind].payment_id == payment.payment_id

    def test_belongs_to_the_day_in_utc(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        first = paid(stripe_provider, stripe_sandbox)
        stripe_sandbox.advance(86_400)
        second = paid(
            stripe_provider, stripe_sandbox, expires_at=datetime.now(UTC) + timedelta(days=1, hours=1)
        )
        assert first.paid_at
        assert second.paid_at

        for payment in (first, second):
            assert payment.paid_at
            [only] = stripe_provider.lines(payment.paid_at.date())
            assert only.payment_id == payment.payment_id
            assert only.happened_at == payment.paid_at

    def test_is_empty_where_nothing_happened(self, stripe_provider: StripeProvider):
        assert stripe_provider.lines(datetime(2020, 2, 29, tzinfo=UTC).date()) == []


class TestLineOf:
    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({}, LineKind.PAYMENT),
            ({"type": "payment"}, LineKind.PAYMENT),
            ({"type": "payment", "reporting_category": "new_category"}, LineKind.PAYMENT),
            ({"type": "refund", "reporting_category": "refund"}, LineKind.REFUND),
            ({"type": "adjustment", "reporting_category": "refund_failure"}, LineKind.REFUND_FAILURE),
            ({"type": "adjustment", "reporting_category": "dispute"}, LineKind.DISPUTE),
            ({"type": "adjustment", "reporting_category": "dispute_reversal"}, LineKind.DISPUTE_REVERSAL),
            ({"type": "stripe_fee", "reporting_category": "fee"}, LineKind.FEE),
            ({"type": "payout", "reporting_category": "payout"}, LineKind.PAYOUT),
            ({"type": "payout_failure", "reporting_category": "payout_reversal"}, LineKind.PAYOUT),
            ({"type": "reserve_hold", "reporting_category": "risk_reserved_funds"}, LineKind.OTHER),
            ({"type": "adjustment", "reporting_category": "other_adjustment"}, LineKind.OTHER),
        ],
    )
    def test_says_what_it_is_about(self, changes: dict[str, Any], kind: LineKind):
        assert line(**changes).kind is kind

    @pytest.mark.parametrize(
        ("amount", "kind"), [(-2000, LineKind.DISPUTE), (2000, LineKind.DISPUTE_REVERSAL)]
    )
    def test_knows_a_dispute_by_its_source(self, amount: int, kind: LineKind):
        adjustment = {"type": "adjustment", "reporting_category": "", "source": DISPUTE, "amount": amount}

        assert line(**adjustment).kind is kind
        assert line(**adjustment).payment_id == "pi_1"

    def test_keeps_an_id_that_was_not_expanded(self):
        assert line().source_id == "ch_1PgafuB7WZ01zgkWXYmPNZs8"
        assert line().payment_id is None
        assert line(source=None).source_id is None
