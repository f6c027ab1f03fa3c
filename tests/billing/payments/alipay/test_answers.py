"""Answers of the gateway: what is signed is what is read, and nothing else is."""

import json
from typing import Any

import pytest

from billing.payments.alipay.answers import Unbelievable, read_answer
from billing.payments.alipay.signing import sign
from tests import hostile
from tests.alipay_servers import alipay_key, app_key

METHOD = "alipay.trade.query"
NAME = "alipay_trade_query_response"
RIGHT = '{"code":"10000","msg":"Success","trade_status":"TRADE_SUCCESS","total_amount":"100.50"}'
LIE = RIGHT.replace("100.50", "999.99")


def answer(inner: str = RIGHT, *, name: str = NAME, signature: str | None = None) -> bytes:
    mark = sign(inner, alipay_key()) if signature is None else signature
    return f'{{"{name}":{inner},"sign":"{mark}"}}'.encode()


def read(body: bytes) -> dict[str, Any]:
    return read_answer(body, METHOD, alipay_key().public_key())


class TestReads:
    def test_what_is_signed(self):
        assert read(answer())["total_amount"] == "100.50"

    @pytest.mark.parametrize(
        "inner",
        [
            '{"code":"10000","subject":"a}\\"},{{","body":"}"}',
            '{"code":"10000","subject":"额度\\u989d\\/","fund_bill_list":[{"amount":"1.00"}]}',
            '{ "code" : "10000" , "msg":\t"Success" }',
        ],
    )
    def test_texts_that_look_like_its_end(self, inner: str):
        assert read(answer(inner)) == json.loads(inner)

    def test_the_signature_before_what_it_signs(self):
        body = f'{{ "sign": "{sign(RIGHT, alipay_key())}" ,\n"{NAME}" : {RIGHT} }}'

        assert read(body.encode())["code"] == "10000"

    def test_a_signature_whose_slashes_are_escaped(self):
        assert read(answer(signature=sign(RIGHT, alipay_key()).replace("/", "\\/")))

    def test_an_error_under_its_own_name(self):
        inner = '{"code":"40002","sub_code":"isv.invalid-app-id"}'

        assert read(answer(inner, name="error_response"))["code"] == "40002"

    def test_numbers_as_the_text_they_are(self):
        assert read(answer('{"code":"10000","total_amount":100.20}'))["total_amount"] == "100.20"


class TestRefuses:
    @pytest.mark.parametrize(
        "body",
        [
            *hostile.BODIES.values(),
            *hostile.OBJECTS.values(),
            answer(signature=""),
            answer(signature="x"),
            answer(LIE, signature=sign(RIGHT, alipay_key())),
            answer(signature=sign(RIGHT, app_key())),
            answer(signature=sign(RIGHT + " ", alipay_key())),
            answer(name="alipay_trade_refund_response"),
            answer("[]"),
            answer('"text"'),
            answer("[" * 100_000),
            answer('{"code":"10000","code":"10000"}'),
            answer('{"code":NaN}'),
            answer() + b"{}",
            answer().replace(b'"sign":"', b'"sign":["').replace(b'"}', b'"]}'),
            f'{{"{NAME}":{RIGHT}}}'.encode(),
            f'{{"{NAME}":{RIGHT},"sign":null}}'.encode(),
            RIGHT.encode(),
            answer().decode().encode("utf-16"),
        ],
        ids=lambda body: repr(body[:30]),
    )
    def test_what_alipay_did_not_sign(self, body: bytes):
        with pytest.raises(Unbelievable):
            read(body)

    @pytest.mark.parametrize("first", [True, False])
    def test_the_same_name_twice(self, first: bool):
        """A full bypass of another client: it verified the one and read the other."""
        signature = sign(RIGHT, alipay_key())
        two = [f'"{NAME}":{RIGHT}', f'"{NAME}":{LIE}']
        body = f'{{{",".join(two if first else reversed(two))},"sign":"{signature}"}}'

        with pytest.raises(Unbelievable):
            read(body.encode())

    def test_the_same_name_twice_once_escaped(self):
        escaped = NAME.replace("a", "\\u0061", 1)
        body = f'{{"{NAME}":{RIGHT},"{escaped}":{LIE},"sign":"{sign(RIGHT, alipay_key())}"}}'

        with pytest.raises(Unbelievable):
            read(body.encode())

    def test_a_flipped_bit_anywhere(self):
        right, accepted = answer(), []
        for position in range(len(right)):
            wrong = right[:position] + bytes([right[position] ^ 1]) + right[position + 1 :]
            try:
                accepted.append((position, read(wrong)))
            except Unbelievable:
                continue

        assert accepted == []

    def test_but_tells_people_what_an_unsigned_error_claims(self):
        with pytest.raises(Unbelievable) as caught:
            read(f'{{"{NAME}":{{"code":"40002","sub_code":"isv.invalid-signature"}}}}'.encode())

        assert caught.value.told == "isv.invalid-signature"
