"""Money back: ours by its number, others' by what a notification or the end of the trade tells."""

import httpx
import pytest

from billing.payments.alipay.provider import Alipay
from billing.payments.errors import Rejected
from billing.payments.protocol import Lookup, Payment, PaymentState, RefundOrder, RefundSeen, RefundState
from tests.alipay_servers import Callbacks, order
from tests.sandbox_servers import Control


@pytest.fixture
def paid(alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks) -> Payment:
    placed = order(callbacks)
    # Alipay knows of an order from the moment a browser arrives with it.
    visit(alipay.start_checkout(placed).url)
    alipay_sandbox.act("pay", out_trade_no=placed.reference)
    payment = alipay.fetch(Lookup(object_id=placed.reference))
    assert payment
    return payment


def visit(url: str | None) -> None:
    assert httpx.get(url or "").status_code == 302


def ask(payment: Payment, fen: int, *, reference: str = "refund-1") -> RefundOrder:
    return RefundOrder(
        reference=reference,
        object_id=payment.object_id,
        payment_id=payment.payment_id or "",
        amount_minor=fen,
        currency="CNY",
        reason="Unused credit.",
    )


def seen(payment: Payment, fen: int, number: str, *, ours: bool = True, reason: str = "") -> RefundSeen:
    return RefundSeen(
        refund_id=f"{payment.object_id}:{number}",
        reference=number if ours else None,
        amount_minor=fen,
        currency="CNY",
        state=RefundState.SUCCEEDED,
        reason=reason,
    )


def refunds_of(
    alipay: Alipay, payment: Payment, *ours: str, lookup: Lookup | None = None
) -> list[RefundSeen]:
    now = alipay.fetch(lookup or Lookup(object_id=payment.object_id), refunds=ours)
    assert now
    assert now.state == PaymentState.PAID
    return list(now.refunds)


class TestRefund:
    def test_gives_a_part_back(self, alipay: Alipay, paid: Payment):
        given = alipay.refund(ask(paid, 4000))

        assert given == seen(paid, 4000, "refund-1")
        assert refunds_of(alipay, paid, "refund-1") == [given]

    def test_is_the_same_refund_however_often_it_is_sent(self, alipay: Alipay, paid: Payment):
        given = [alipay.refund(ask(paid, 4000)) for _ in range(3)]

        assert given == [seen(paid, 4000, "refund-1")] * 3
        assert refunds_of(alipay, paid, "refund-1") == given[:1]

    def test_is_refused_under_the_same_number_with_another_amount(self, alipay: Alipay, paid: Payment):
        alipay.refund(ask(paid, 4000))

        with pytest.raises(Rejected) as caught:
            alipay.refund(ask(paid, 4001))

        assert caught.value.reason == "ACQ.DISCORDANT_REPEAT_REQUEST"

    def test_is_refused_above_what_was_paid(self, alipay: Alipay, paid: Payment):
        alipay.refund(ask(paid, 4000))
        alipay.refund(ask(paid, 4000, reference="refund-2"))

        with pytest.raises(Rejected) as caught:
            alipay.refund(ask(paid, 4000, reference="refund-3"))

        assert caught.value.reason == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
        numbers = ("refund-1", "refund-2", "refund-3")
        assert [one.amount_minor for one in refunds_of(alipay, paid, *numbers)] == [4000, 4000]

    def test_of_all_of_it_leaves_a_paid_payment(self, alipay: Alipay, paid: Payment):
        """The trade is closed then, and must not be taken for one that nobody paid."""
        alipay.refund(ask(paid, 10_050))

        assert refunds_of(alipay, paid, "refund-1") == [seen(paid, 10_050, "refund-1")]

    def test_is_refused_once_the_trade_is_finished(
        self, alipay: Alipay, alipay_sandbox: Control, paid: Payment
    ):
        alipay_sandbox.act("finish", out_trade_no=paid.object_id)

        with pytest.raises(Rejected) as caught:
            alipay.refund(ask(paid, 1))

        assert caught.value.reason == "ACQ.TRADE_HAS_FINISHED"

    def test_is_refused_where_no_trade_is(self, alipay: Alipay, paid: Payment):
        stranger = RefundOrder("refund-1", "nobody", "", 1, "CNY", "")

        with pytest.raises(Rejected) as caught:
            alipay.refund(stranger)

        assert caught.value.reason == "ACQ.TRADE_NOT_EXIST"

    def test_is_refused_where_the_money_was_paid_out(
        self, alipay: Alipay, alipay_sandbox: Control, paid: Payment
    ):
        alipay_sandbox.act("payout")

        with pytest.raises(Rejected) as caught:
            alipay.refund(ask(paid, 4000))

        assert caught.value.reason == "ACQ.SELLER_BALANCE_NOT_ENOUGH"

    def test_is_pending_until_alipay_shows_it(self, alipay: Alipay, alipay_sandbox: Control, paid: Payment):
        alipay_sandbox.act("lag", seconds=60)

        given = alipay.refund(ask(paid, 4000))

        assert given.state == RefundState.PENDING
        assert refunds_of(alipay, paid, "refund-1") == []
        alipay_sandbox.advance(61)
        assert refunds_of(alipay, paid, "refund-1") == [seen(paid, 4000, "refund-1")]


class TestRefundsOfOthers:
    def test_are_named_by_a_notification(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, paid: Payment
    ):
        alipay_sandbox.act("refund", out_trade_no=paid.object_id, amount="30.00", out_request_no="theirs")
        alipay_sandbox.flush()
        lookup = callbacks.read(alipay)[-1].lookup
        assert lookup

        assert lookup.refunds == ("theirs",)
        assert refunds_of(alipay, paid, lookup=lookup) == [seen(paid, 3000, "theirs", ours=False)]

    def test_are_ours_where_we_started_them(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, paid: Payment
    ):
        alipay.refund(ask(paid, 4000))
        alipay_sandbox.flush()
        lookup = callbacks.read(alipay)[-1].lookup

        assert refunds_of(alipay, paid, "refund-1", lookup=lookup) == [seen(paid, 4000, "refund-1")]

    def test_are_seen_by_what_is_missing_once_all_is_gone(
        self, alipay: Alipay, alipay_sandbox: Control, paid: Payment
    ):
        alipay.refund(ask(paid, 4000))
        alipay_sandbox.act("refund", out_trade_no=paid.object_id)

        assert refunds_of(alipay, paid, "refund-1") == [
            seen(paid, 4000, "refund-1"),
            seen(paid, 6050, "rest", ours=False, reason="refunded on Alipay's own pages"),
        ]

    def test_are_seen_under_the_trades_number_where_they_got_none(
        self, alipay: Alipay, alipay_sandbox: Control, paid: Payment
    ):
        alipay_sandbox.act("refund", out_trade_no=paid.object_id, out_request_no=paid.object_id)

        assert refunds_of(alipay, paid) == [seen(paid, 10_050, paid.object_id, ours=False)]

    def test_are_not_taken_from_our_own_that_alipay_does_not_show_yet(
        self, alipay: Alipay, alipay_sandbox: Control, paid: Payment
    ):
        alipay_sandbox.act("lag", seconds=60)
        alipay.refund(ask(paid, 10_050))

        assert refunds_of(alipay, paid, "refund-1") == []

    def test_are_not_seen_in_a_trade_that_nobody_paid(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        visit(alipay.start_checkout(placed).url)

        assert alipay.fetch(Lookup(object_id=placed.reference), refunds=("refund-1",)) is None
