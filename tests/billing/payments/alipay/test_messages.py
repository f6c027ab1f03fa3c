"""Notifications of Alipay: none is read that it did not sign, and then only what to ask about."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from billing.payments.alipay.messages import Addressee, read_notification
from billing.payments.errors import Forged
from billing.payments.protocol import Lookup, Message
from tests.alipay_servers import APP_ID, SELLER_ID, alipay_key
from tests.forgeries.alipay import FIELDS, base64_of, forgeries, form, joined, notification, signature

ADDRESSEE = Addressee(app_id=APP_ID, seller_id=SELLER_ID)


def read(body: bytes) -> Message:
    return read_notification(body, ADDRESSEE, alipay_key().public_key())


class TestReads:
    def test_what_alipay_signed(self):
        assert read(notification(alipay_key())) == Message(
            event_id=FIELDS["notify_id"],
            kind="trade_status_sync:TRADE_SUCCESS",
            lookup=Lookup(object_id="top-up-1", payment_id=FIELDS["trade_no"]),
            happened_at=datetime(2026, 11, 24, 4, 0, 1, tzinfo=UTC),
        )

    def test_the_number_of_a_refund(self):
        message = read(notification(alipay_key(), out_biz_no="refund-1", refund_fee="40.00"))

        assert message.lookup == Lookup("top-up-1", FIELDS["trade_no"], refunds=("refund-1",))

    def test_one_from_long_ago(self):
        assert read(notification(alipay_key(), notify_time="2020-01-01 00:00:00"))

    @pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8"])
    def test_every_name_of_utf_8(self, charset: str):
        assert read(notification(alipay_key(), charset=charset))

    def test_no_numbers_that_cannot_be_any(self):
        message = read(notification(alipay_key(), out_trade_no="a\x00b", trade_no="", trade_status="<b>"))

        assert (message.lookup, message.kind) == (None, "trade_status_sync")

    def test_no_time_that_is_none(self):
        assert read(notification(alipay_key(), notify_time="soon")).happened_at is None


class TestForeign:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("app_id", "2021000000000002"),
            ("app_id", ""),
            ("seller_id", "2088000000000002"),
            ("seller_id", ""),
        ],
    )
    def test_says_what_is_not_ours(self, field: str, value: str):
        message = read(notification(alipay_key(), **{field: value}))

        assert message.foreign == field

    def test_says_so_of_what_is_not_there(self):
        others = {name: value for name, value in FIELDS.items() if name != "seller_id"}

        assert read(notification_of(others)).foreign == "seller_id"


def notification_of(fields: dict[str, str]) -> bytes:
    return form(fields, base64_of(signature(joined(fields), alipay_key())))


class TestRefuses:
    def test_every_forgery(self):
        answers: Counter[str] = Counter()
        accepted = []
        for name, body in forgeries(alipay_key()):
            answers["tried"] += 1
            try:
                read(body)
            except Forged:
                continue
            accepted.append(name)

        assert accepted == []
        assert answers["tried"] > 3000
