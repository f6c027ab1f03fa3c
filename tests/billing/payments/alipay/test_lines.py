"""Alipay's own books of a day in Shanghai."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from billing.payments.alipay.provider import Alipay
from billing.payments.alipay.wire import SHANGHAI
from billing.payments.errors import Unreachable
from billing.payments.protocol import LineKind, RefundOrder
from tests.alipay_servers import Callbacks, order
from tests.sandbox_servers import Control

DAY_S = 86_400


def today() -> date:
    return datetime.now(UTC).astimezone(SHANGHAI).date()


@pytest.fixture
def reference(alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks) -> str:
    """A payment of 100.50 of which 40.00 were refunded, and a payout of 50.00; it is tomorrow already."""
    placed = order(callbacks)
    assert httpx.get(alipay.start_checkout(placed).url or "").status_code == 302
    alipay_sandbox.act("pay", out_trade_no=placed.reference)
    alipay.refund(RefundOrder("refund-1", placed.reference, "", 4000, "CNY", ""))
    alipay_sandbox.act("payout", amount="50.00")
    alipay_sandbox.advance(DAY_S)
    return placed.reference


def amounts(alipay: Alipay, day: date) -> list[tuple[LineKind, int, int]]:
    return [(line.kind, line.gross_minor, line.fee_minor) for line in alipay.lines(day)]


class TestLines:
    def test_list_payments_refunds_fees_and_payouts(self, alipay: Alipay, reference: str):
        lines = alipay.lines(today())

        assert [(line.kind, line.gross_minor, line.fee_minor) for line in lines] == [
            (LineKind.PAYMENT, 10_050, 60),
            (LineKind.REFUND, -4000, -24),
            (LineKind.PAYOUT, -5000, 0),
        ]
        assert [line.reference for line in lines] == [reference, reference, None]
        assert lines[1].source_id == "refund-1"
        assert len({line.line_id for line in lines}) == 3

    def test_are_none_on_a_day_without_any(self, alipay: Alipay, reference: str):
        assert alipay.lines(today() - timedelta(days=3)) == []

    def test_show_what_was_changed_in_them(self, alipay: Alipay, alipay_sandbox: Control, reference: str):
        at = f"{today()} 12:00:00"
        alipay_sandbox.act("bill_add", out_trade_no="nobody", amount="7.00", at=at)
        alipay_sandbox.act("bill_alter", out_trade_no=reference, amount="100.49")
        alipay_sandbox.act("bill_drop", out_trade_no=reference, out_request_no="refund-1")

        assert amounts(alipay, today()) == [
            (LineKind.PAYMENT, 10_049, 60),
            (LineKind.PAYMENT, 700, 0),
            (LineKind.PAYOUT, -5000, 0),
        ]


class TestBillThatIsNotThere:
    def test_may_come_until_noon_of_the_next_day(self, alipay: Alipay):
        with pytest.raises(Unreachable):
            alipay.lines(today())

    def test_means_later_that_nothing_happened(self, alipay: Alipay):
        assert alipay.lines(today() - timedelta(days=2)) == []
