"""Notifications: signed, repeated until they are taken, and by the seed doubled or lost."""

from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest

from billing.payments.alipay.provider import Alipay
from billing.payments.names import Method
from billing.payments.protocol import Lookup, Order, PaymentState, RefundOrder
from tests.alipay_servers import Callbacks, listening, order
from tests.sandbox_servers import Control


@pytest.fixture
def placed(alipay: Alipay, callbacks: Callbacks) -> Order:
    made = order(callbacks)
    httpx.get(alipay.start_checkout(made).url or "")
    return made


def fields(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def told(callbacks: Callbacks, name: str) -> list[str]:
    return [fields(body).get(name, "") for body in callbacks.bodies]


class TestRepeats:
    def test_until_the_answer_is_exactly_success(
        self, alipay_sandbox: Control, callbacks: Callbacks, placed: Order
    ):
        callbacks.answers = [
            (500, b"success"),
            (200, b"SUCCESS"),
            (200, b"success\n"),
            (200, b"<p>success</p>"),
            (302, b"success"),
            (202, b"success"),
            (200, b""),
        ]
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        answers = [alipay_sandbox.flush()["delivered"] for _ in range(9)]

        assert answers == [0, 0, 0, 0, 0, 0, 0, 1, 0]
        assert len(callbacks.bodies) == 8
        assert len(set(told(callbacks, "notify_id"))) == 1

    def test_by_itself_after_a_while(self, alipay_sandbox: Control, callbacks: Callbacks, placed: Order):
        callbacks.answers = [(200, b"fail")]
        alipay_sandbox.resume()
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        callbacks.wait_for(1)

        callbacks.wait_for(2)

        assert len(set(told(callbacks, "notify_id"))) == 1

    def test_are_the_same_message_where_doubled(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, placed: Order
    ):
        alipay_sandbox.faults(duplicate=1.0)
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        alipay_sandbox.flush()

        assert len(callbacks.bodies) == 5
        assert len({message.event_id for message in callbacks.read(alipay)}) == 1


class TestLoss:
    def test_hides_nothing_from_who_asks(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, placed: Order
    ):
        alipay_sandbox.faults(drop_all=True)
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        alipay_sandbox.flush()

        payment = alipay.fetch(Lookup(object_id=placed.reference))

        assert callbacks.bodies == []
        assert payment
        assert payment.state == PaymentState.PAID


class TestOrder:
    def test_is_the_seeds_and_the_same_each_time(self, alipay: Alipay, alipay_sandbox: Control):
        orders = [told_by_seed(alipay, alipay_sandbox, seed) for seed in (1, 1, 2, 3)]

        assert orders[0] == orders[1]
        assert len({tuple(told) for told in orders}) > 1
        assert all(sorted(told) == ["", *(f"refund-{number}" for number in range(1, 7))] for told in orders)


def told_by_seed(alipay: Alipay, alipay_sandbox: Control, seed: int) -> list[str]:
    """The refunds of a payment in the order in which we hear of them; the payment itself is empty."""
    with listening() as callbacks:
        alipay_sandbox.reset()
        alipay_sandbox.answer_in(0)
        alipay_sandbox.pause()
        alipay_sandbox.seed(seed)
        alipay_sandbox.faults(reorder=1.0)
        made = order(callbacks)
        httpx.get(alipay.start_checkout(made).url or "")
        alipay_sandbox.act("pay", out_trade_no=made.reference)
        for number in range(1, 7):
            alipay.refund(RefundOrder(f"refund-{number}", made.reference, "", 100, "CNY", ""))
        alipay_sandbox.flush()
        return told(callbacks, "out_biz_no")


class TestTells:
    def test_of_every_state(self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks):
        waits, pays = (order(callbacks, method=Method.QR) for _ in range(2))
        for made in (waits, pays):
            alipay.start_checkout(made)
            alipay_sandbox.act("scan", out_trade_no=made.reference)
        alipay_sandbox.act("pay", out_trade_no=pays.reference)
        alipay_sandbox.act("finish", out_trade_no=pays.reference)
        alipay_sandbox.act("close", out_trade_no=waits.reference)
        alipay_sandbox.flush()

        assert [
            (fields(body)["out_trade_no"], fields(body)["trade_status"]) for body in callbacks.bodies
        ] == [
            (waits.reference, "WAIT_BUYER_PAY"),
            (pays.reference, "WAIT_BUYER_PAY"),
            (pays.reference, "TRADE_SUCCESS"),
            (pays.reference, "TRADE_FINISHED"),
            (waits.reference, "TRADE_CLOSED"),
        ]

    def test_of_a_time_that_is_over(self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks):
        made = order(callbacks, method=Method.QR)
        alipay.start_checkout(made)
        alipay_sandbox.act("scan", out_trade_no=made.reference)
        alipay_sandbox.advance(3700)
        alipay_sandbox.act("expire")
        alipay_sandbox.flush()

        assert told(callbacks, "trade_status") == ["WAIT_BUYER_PAY", "TRADE_CLOSED"]
        assert told(callbacks, "refund_fee") == ["", ""]

    def test_of_a_payment_with_empty_fields_and_a_refund_of_zero(
        self, alipay_sandbox: Control, callbacks: Callbacks, placed: Order
    ):
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        alipay_sandbox.flush()

        (body,) = callbacks.bodies
        assert parse_qs(body.decode(), keep_blank_values=True)["body"] == [""]
        assert fields(body)["refund_fee"] == "0.00"
        assert fields(body)["total_amount"] == "100.50"
        assert not {"gmt_refund", "out_biz_no"} & fields(body).keys()

    def test_of_refunds_by_a_fee_that_means_now_this_and_now_that(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, placed: Order
    ):
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        for number in range(2, 9):
            alipay.refund(RefundOrder(f"refund-{number}", placed.reference, "", number * 100, "CNY", ""))
        alipay_sandbox.flush()

        of_refunds = [fields(body) for body in callbacks.bodies[1:]]
        assert [told["out_biz_no"] for told in of_refunds] == [f"refund-{number}" for number in range(2, 9)]
        own = [told["refund_fee"] == f"{number}.00" for number, told in enumerate(of_refunds, start=2)]
        assert set(own[1:]) == {True, False}
        assert all(told["gmt_refund"].endswith(".000") for told in of_refunds)

    def test_of_something_else_where_a_test_wants_it(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, placed: Order
    ):
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        alipay_sandbox.act("notify", out_trade_no=placed.reference, fields={"seller_id": "2088"})
        alipay_sandbox.flush()

        assert [message.foreign for message in callbacks.read(alipay)] == ["", "seller_id"]
