"""What our client makes of answers that are late, cut, refused or not Alipay's."""

import logging
from collections.abc import Iterator

import httpx
import pytest

from billing.payments.alipay.provider import Alipay
from billing.payments.errors import Rejected, Unreachable
from billing.payments.names import Method
from billing.payments.protocol import Lookup, PaymentState, RefundOrder
from sandbox.alipay import rsa
from tests.alipay_servers import Callbacks, account, alipay_key, listening, order
from tests.sandbox_servers import Control

NOBODY = Lookup(object_id="nobody")


@pytest.fixture
def elsewhere() -> Iterator[Callbacks]:
    """A server that is not Alipay's and answers what it is told."""
    with listening() as made:
        yield made


def answering(elsewhere: Callbacks, status: int, text: bytes) -> Alipay:
    elsewhere.answers.append((status, text))
    return Alipay(account(elsewhere.url))


class TestUnreachable:
    @pytest.mark.parametrize(
        ("status", "text"),
        [
            (500, b"oops"),
            (302, b""),
            (200, b""),
            (200, b"success"),
            (200, b"<html>"),
            (200, b"x" * 2_000_000),
        ],
    )
    def test_is_what_says_nothing(self, elsewhere: Callbacks, status: int, text: bytes):
        with pytest.raises(Unreachable):
            answering(elsewhere, status, text).fetch(NOBODY)

    @pytest.mark.parametrize("gateway", ["http://127.0.0.1:1/gateway.do", "http://[", "nowhere", ""])
    def test_is_who_does_not_answer(self, gateway: str):
        with pytest.raises(Unreachable) as caught:
            Alipay(account(gateway)).fetch(NOBODY)

        assert "sign" not in str(caught.value)

    @pytest.mark.parametrize("code", ["20000", "40005"])
    def test_is_a_gateway_that_is_busy(self, elsewhere: Callbacks, code: str):
        with pytest.raises(Unreachable):
            answering(elsewhere, 200, signed(f'{{"code":"{code}"}}')).fetch(NOBODY)

    @pytest.mark.parametrize("sub_code", ["ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error"])
    def test_is_a_system_that_failed(self, elsewhere: Callbacks, sub_code: str):
        with pytest.raises(Unreachable):
            answering(elsewhere, 200, signed(f'{{"code":"40004","sub_code":"{sub_code}"}}')).fetch(NOBODY)

    @pytest.mark.parametrize(
        "inner",
        [
            '{"code":"10000"}',
            '{"code":"10000","trade_status":"TRADE_SUCCESS","out_trade_no":"nobody","trade_no":"1"}',
            '{"code":"10000","trade_status":"NEW","out_trade_no":"nobody","trade_no":"1","total_amount":"1"}',
            (
                '{"code":"10000","trade_status":"TRADE_SUCCESS","out_trade_no":"nobody","trade_no":"1",'
                '"total_amount":"1e3"}'
            ),
            (
                '{"code":"10000","trade_status":"TRADE_SUCCESS","out_trade_no":"somebody","trade_no":"1",'
                '"total_amount":"1.00"}'
            ),
            (
                '{"code":"10000","trade_status":["TRADE_SUCCESS"],"out_trade_no":"nobody","trade_no":"1",'
                '"total_amount":["1.00"]}'
            ),
        ],
    )
    def test_is_a_signed_answer_that_makes_no_sense(self, elsewhere: Callbacks, inner: str):
        """The fifth is one about another trade, replayed."""
        with pytest.raises(Unreachable):
            answering(elsewhere, 200, signed(inner)).fetch(NOBODY)


def signed(inner: str) -> bytes:
    mark = rsa.signature(inner, alipay_key())
    return f'{{"alipay_trade_query_response":{inner},"sign":"{mark}"}}'.encode()


class TestFaults:
    def test_a_cut_refund_is_done_once_and_found_by_its_number(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks
    ):
        placed = order(callbacks)
        httpx.get(alipay.start_checkout(placed).url or "")
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        refund = RefundOrder("refund-1", placed.reference, "", 4000, "CNY", "")
        alipay_sandbox.faults(cut=1.0)
        with pytest.raises(Unreachable):
            alipay.refund(refund)
        alipay_sandbox.faults(cut=0.0)

        payment = alipay.fetch(Lookup(object_id=placed.reference), refunds=["refund-1"])

        assert payment
        assert [seen.amount_minor for seen in payment.refunds] == [4000]
        assert alipay.refund(refund) == payment.refunds[0]

    def test_a_rotated_key_of_alipays_stops_everything(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks
    ):
        placed = order(callbacks)
        httpx.get(alipay.start_checkout(placed).url or "")
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        new = alipay_sandbox.act("rotate_key")["public_key"]

        with pytest.raises(Unreachable):
            alipay.fetch(Lookup(object_id=placed.reference))

        trusting = Alipay(account(f"{alipay_sandbox.url}/gateway.do", public_key=new))
        payment = trusting.fetch(Lookup(object_id=placed.reference))
        assert payment
        assert payment.state == PaymentState.PAID

    def test_a_wrong_key_of_ours_is_told_as_alipay_tells_it(
        self, alipay_sandbox: Control, callbacks: Callbacks
    ):
        other = rsa.private_text(alipay_key())
        stranger = Alipay(account(f"{alipay_sandbox.url}/gateway.do", private_key=other))

        with pytest.raises(Unreachable, match=r"isv\.invalid-signature"):
            stranger.fetch(NOBODY)

        url = stranger.start_checkout(order(callbacks)).url or ""
        assert "isv.invalid-signature" in httpx.get(url).text


class TestRejected:
    def test_carries_alipays_code(self, alipay: Alipay, callbacks: Callbacks):
        with pytest.raises(Rejected) as caught:
            alipay.start_checkout(order(callbacks, method=Method.QR, fen=0))

        assert caught.value.reason == "ACQ.INVALID_PARAMETER"


class TestLogs:
    def test_hold_neither_signatures_nor_buyers(
        self,
        alipay: Alipay,
        alipay_sandbox: Control,
        callbacks: Callbacks,
        caplog: pytest.LogCaptureFixture,
    ):
        # As our own configuration has it, also where everything else is told.
        caplog.set_level(logging.WARNING, logger="httpx")
        caplog.set_level(logging.DEBUG)
        placed = order(callbacks)
        httpx.get(alipay.start_checkout(placed).url or "")
        alipay_sandbox.act("pay", out_trade_no=placed.reference)
        alipay_sandbox.flush()
        callbacks.read(alipay)
        alipay.fetch(Lookup(object_id=placed.reference))

        for secret in ("sign=", "2088722009988776", "san***"):
            assert secret not in caplog.text
