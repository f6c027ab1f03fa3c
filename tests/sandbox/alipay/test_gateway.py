"""The gateway, as a client sees it that others wrote."""

from urllib.parse import parse_qsl
from uuid import uuid4

import httpx
import pytest
from alipay import AliPay  # type: ignore[import-untyped]

from sandbox.alipay import rsa
from tests.alipay_servers import APP_ID, alipay_key, app_key
from tests.sandbox_servers import Control


def parameters(**changes: str) -> dict[str, str]:
    """A signed query for a trade that is not there."""
    fields = {
        "app_id": APP_ID,
        "method": "alipay.trade.query",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2026-11-24 12:00:00",
        "version": "1.0",
        "biz_content": '{"out_trade_no":"nobody"}',
        **changes,
    }
    return {**fields, "sign": rsa.signature(rsa.joined(fields, without=("sign",)), app_key())}


def answer_of(sandbox: Control, fields: dict[str, str]) -> dict[str, str]:
    answer = httpx.post(f"{sandbox.url}/gateway.do", data=fields).json()
    told: dict[str, str] = next(value for name, value in answer.items() if name != "sign")
    return told


class TestOthersClient:
    def test_pays_asks_and_refunds(self, alipay_sandbox: Control, others_client: AliPay):
        number = uuid4().hex
        query = others_client.api_alipay_trade_page_pay("额度 100%", number, "100.50")
        assert httpx.get(f"{alipay_sandbox.url}/gateway.do?{query}").status_code == 302
        alipay_sandbox.act("pay", out_trade_no=number)

        found = others_client.api_alipay_trade_query(out_trade_no=number)
        given = others_client.api_alipay_trade_refund("40.00", out_trade_no=number, out_request_no="r1")
        seen = others_client.api_alipay_trade_fastpay_refund_query("r1", out_trade_no=number)

        assert (found["trade_status"], found["total_amount"]) == ("TRADE_SUCCESS", "100.50")
        assert (given["fund_change"], given["refund_fee"]) == ("Y", "40.00")
        assert (seen["refund_status"], seen["refund_amount"]) == ("REFUND_SUCCESS", "40.00")

    def test_shows_a_code_and_closes_what_was_scanned(self, alipay_sandbox: Control, others_client: AliPay):
        number = uuid4().hex
        code = others_client.api_alipay_trade_precreate("额度", number, "1.00")["qr_code"]
        before = others_client.api_alipay_trade_query(out_trade_no=number)
        assert httpx.get(code).status_code == 200
        closed = others_client.api_alipay_trade_close(out_trade_no=number)

        assert before["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        assert closed["code"] == "10000"
        assert others_client.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "TRADE_CLOSED"

    def test_accepts_the_notification_and_the_return(self, alipay_sandbox: Control, others_client: AliPay):
        number = uuid4().hex
        query = others_client.api_alipay_trade_page_pay(
            "额度", number, "1.00", return_url="http://127.0.0.1:1/back"
        )
        page = httpx.get(f"{alipay_sandbox.url}/gateway.do?{query}", follow_redirects=True)
        back = httpx.post(str(page.url), data={"action": "pay"}).headers["location"]

        told = dict(parse_qsl(back.partition("?")[2], keep_blank_values=True))

        assert others_client.verify(told, told.pop("sign"))


class TestRefuses:
    @pytest.mark.parametrize(
        ("changes", "sub_code"),
        [
            ({"app_id": "2021000000000002"}, "isv.invalid-app-id"),
            ({"sign_type": "RSA"}, "isv.invalid-signature"),
            ({"method": "alipay.trade.steal"}, "isv.invalid-method"),
            ({"biz_content": "[]"}, "isv.invalid-parameter"),
            ({"biz_content": "{"}, "isv.invalid-parameter"),
            ({"timestamp": ""}, "isv.missing-timestamp"),
            ({}, "ACQ.TRADE_NOT_EXIST"),
        ],
    )
    def test_what_is_wrong_with_a_call(self, alipay_sandbox: Control, changes: dict[str, str], sub_code: str):
        assert answer_of(alipay_sandbox, parameters(**changes))["sub_code"] == sub_code

    def test_another_key(self, alipay_sandbox: Control):
        fields = parameters()
        fields["sign"] = rsa.signature(rsa.joined(fields, without=("sign",)), alipay_key())

        assert answer_of(alipay_sandbox, fields)["sub_code"] == "isv.invalid-signature"

    @pytest.mark.parametrize("amount", ["0", "0.00", "-1", "1.005", "1e3", "", "\uff11", "100000000.01"])
    def test_amounts_that_are_none(self, alipay_sandbox: Control, amount: str):
        content = f'{{"out_trade_no":"n1","subject":"s","total_amount":"{amount}"}}'
        call = parameters(method="alipay.trade.precreate", biz_content=content)

        assert answer_of(alipay_sandbox, call)["sub_code"] == "ACQ.INVALID_PARAMETER"


class TestGround:
    def test_answers_after_200_ms_by_default(self, alipay_sandbox: Control):
        alipay_sandbox.reset()

        assert alipay_sandbox.state()["answer_ms"] == 200
