"""What a trade and its refunds are, from signed answers that may still be about something else."""

from dataclasses import replace
from typing import Any

import pytest

from billing.payments.alipay.trades import Trade, read_refund, read_trade, rest_of, to_payment
from billing.payments.errors import Unreachable
from billing.payments.protocol import PaymentState, RefundSeen, RefundState

TRADE = Trade("top-up-1", "2026112422001", "TRADE_SUCCESS", 10_050, "CNY", "2026-11-24 12:00:00")
CLOSED = replace(TRADE, status="TRADE_CLOSED")
UNPAID = replace(CLOSED, sent_at="")
REFUND = {
    "out_trade_no": "top-up-1",
    "out_request_no": "refund-1",
    "refund_amount": "40.00",
    "refund_status": "REFUND_SUCCESS",
}
SEEN = RefundSeen("top-up-1:refund-1", "refund-1", 4000, "CNY", RefundState.SUCCEEDED)


def read(**changes: Any) -> RefundSeen | None:
    fields = {name: value for name, value in (REFUND | changes).items() if value is not None}
    return read_refund(fields, "top-up-1", "refund-1", ours=True)


class TestReadRefund:
    def test_reads_its_own_amount(self):
        assert read() == SEEN

    @pytest.mark.parametrize("status", [None, "", "REFUND_PROCESSING", "REFUND_FAIL", "refund_success"])
    def test_sees_nothing_without_the_word_of_success(self, status: str | None):
        assert read(refund_status=status) is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"out_request_no": "refund-2"},
            {"out_request_no": None},
            {"out_trade_no": "top-up-2"},
            {"out_trade_no": None},
            {"refund_amount": None},
            {"refund_amount": "-40.00"},
            {"refund_amount": "4e1"},
            {"refund_amount": ["40.00"]},
        ],
    )
    def test_believes_no_answer_about_another_one_or_nonsense(self, changes: dict[str, Any]):
        with pytest.raises(Unreachable):
            read(**changes)


class TestReadTrade:
    def test_takes_the_currency_that_is_told(self):
        answer = {
            "out_trade_no": "top-up-1",
            "trade_no": "2026112422001",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "100.50",
        }

        assert read_trade(answer).currency == "CNY"
        assert read_trade(answer | {"trans_currency": "USD"}).currency == "USD"


class TestRestOf:
    def test_is_what_the_known_refunds_lack(self):
        rest = rest_of(CLOSED, [SEEN])

        assert rest
        assert (rest.refund_id, rest.reference, rest.amount_minor) == ("top-up-1:rest", None, 6050)

    @pytest.mark.parametrize("trade", [TRADE, UNPAID, replace(TRADE, status="TRADE_FINISHED")])
    def test_is_none_where_the_trade_is_not_paid_and_closed(self, trade: Trade):
        assert rest_of(trade, []) is None

    def test_is_none_where_nothing_is_missing(self):
        assert rest_of(CLOSED, [replace(SEEN, amount_minor=10_050)]) is None


class TestToPayment:
    @pytest.mark.parametrize(
        ("trade", "state"),
        [
            (replace(UNPAID, status="WAIT_BUYER_PAY"), PaymentState.WAITING),
            (TRADE, PaymentState.PAID),
            (replace(TRADE, status="TRADE_FINISHED"), PaymentState.PAID),
            (CLOSED, PaymentState.PAID),
            (UNPAID, PaymentState.CLOSED),
        ],
    )
    def test_knows_paid_from_closed(self, trade: Trade, state: PaymentState):
        assert to_payment(trade, [], account="a:s", livemode=False).state == state

    def test_knows_that_what_was_refunded_had_been_paid(self):
        assert to_payment(UNPAID, [SEEN], account="a:s", livemode=False).state == PaymentState.PAID
