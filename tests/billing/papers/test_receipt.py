"""Receipts as they are drawn: readable in both languages, the same to the byte, and no text is markup."""

from typing import Any

import pytest

from billing.models import Language
from billing.services.papers import amounts, receipt, text
from tests.pdf_text import text_of

SAYS: dict[str, Any] = {
    "number": "2026-000042",
    "issued_at": "2026-11-24T02:00:00+00:00",
    "language": "en",
    "seller": {
        "name": "API Models",
        "address": "1 Example Street\nLondon",
        "tax_id": "GB1",
        "email": "s@x.com",
    },
    "buyer": {"name": "Alice Ltd.", "address": "", "country": "DE", "tax_id": "DE9", "email": "a@x.com"},
    "currency": "CNY",
    "amount_minor": 1_234_500,
    "credit_nanos": 1_714_583_333_333,
    "bonus_nanos": 5_000_000_000,
    "top_up": {
        "id": "019f0f6e-9c00-7a1b-8c2d-3e4f5a6b7c8d",
        "provider": "alipay",
        "method": "qr",
        "payment_id": "2026112422001400000500000001",
        "paid_at": "2026-11-24T01:58:12+00:00",
        "cny_per_usd_micros": 7_200_000,
    },
}
REFUND = SAYS | {
    "receipt_number": "2026-000041",
    "refund": {"id": "x", "reference": "re_1", "refunded_at": "2026-11-25T10:00:00+00:00"},
}


def bought_by(name: str, **changes: Any) -> dict[str, Any]:
    return SAYS | changes | {"buyer": SAYS["buyer"] | {"name": name}}


class TestDraw:
    def test_says_who_what_and_how_much(self):
        shown = text_of(receipt.draw(SAYS))

        for said in (
            *("Receipt", "2026-000042", "2026-11-24 01:58 UTC", "Alice Ltd.", "GB1", "DE9"),
            *("¥12,345.00 CNY", "$1,714.583333333", "$5.00", "7.20 CNY for 1 USD", "Alipay"),
            *("2026112422001400000500000001", "019f0f6e-9c00-7a1b-8c2d-3e4f5a6b7c8d"),
            "No tax has been computed",
        ):
            assert said in shown

    def test_says_it_in_chinese(self):
        shown = text_of(receipt.draw(bought_by("上海示例信息技术有限公司", language="zh-hans")))

        for said in (
            "收据",
            "上海示例信息技术有限公司",
            "¥12,345.00 CNY",
            "汇率",
            "支付宝",
            "未计算任何税款",
        ):
            assert said in shown

    @pytest.mark.parametrize(("language", "words"), [("en", "Refund of receipt"), ("zh-hans", "所退收据")])
    def test_names_what_is_refunded(self, language, words):
        shown = text_of(receipt.draw(REFUND, language=language))

        for said in (words, "2026-000041", "re_1", "2026-11-25 10:00 UTC"):
            assert said in shown

    @pytest.mark.parametrize("language", Language.values)
    @pytest.mark.parametrize("says", [SAYS, REFUND], ids=["receipt", "refund"])
    def test_makes_the_same_bytes_again(self, says, language):
        assert receipt.draw(says, language=language) == receipt.draw(says, language=language)

    @pytest.mark.parametrize(
        "name",
        [
            "<b>Al</b> & <img src='/etc/passwd'/> Co",
            "</font><a href='http://169.254.169.254/'>x</a>",
            "&lt;i&gt; &#38; ]]>",
            "{number} %s {{ name }}",
        ],
    )
    def test_takes_no_text_for_markup(self, name):
        shown = "".join(text_of(receipt.draw(bought_by(name))).split())

        assert "".join(name.split()) in shown

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Łukasz Søn-Müller", "Łukasz Søn-Müller"),
            ("Đorđe Šimić", "orđe Šimić"),
            ("Ирина", "Ирина"),
            ("Árvíztűrő", "Árvízturo"),
            ("محمد", "????"),
            ("Ann\x00\x07\u202eB", "AnnB"),
        ],
    )
    def test_writes_names_of_any_script_or_says_that_it_cannot(self, name, shown):
        assert shown in text_of(receipt.draw(bought_by(name)))

    @pytest.mark.parametrize("address", ["\n" * 499, "1\n" * 250, "x" * 500, "路" * 500, "a b " * 125])
    def test_fits_whatever_somebody_gives_as_name_and_address(self, address):
        wide = SAYS["buyer"] | {
            "name": "长" * 200,
            "address": address,
            "tax_id": "9" * 50,
            "email": "e" * 254,
        }

        shown = text_of(receipt.draw(SAYS | {"buyer": wide, "seller": wide}))

        assert shown.count("长") >= 400
        assert shown.count("路") == 2 * address.count("路")


class TestAmounts:
    @pytest.mark.parametrize(
        ("nanos", "shown"),
        [
            (0, "$0.00"),
            (10**9, "$1.00"),
            (1_500_000_000, "$1.50"),
            (5_295, "$0.000005295"),
            (1_234_567_000_000_000, "$1,234,567.00"),
            (-500_000_000, "-$0.50"),
            (-1_234_500_000_001, "-$1,234.500000001"),
        ],
    )
    def test_are_exact_with_as_few_places_as_that_takes(self, nanos, shown):
        assert amounts.usd(nanos) == shown

    @pytest.mark.parametrize(("nanos", "shown"), [(999_999_999, "$0.99"), (10**9, "$1.00"), (1, "$0.00")])
    def test_are_rounded_down_to_cents(self, nanos, shown):
        assert amounts.cents(nanos) == shown

    @pytest.mark.parametrize(
        ("micros", "shown"), [(7_200_000, "7.20"), (7_123_456, "7.123456"), (10**6, "1.00")]
    )
    def test_show_rates_with_two_places_at_least(self, micros, shown):
        assert amounts.rate(micros) == shown


class TestText:
    def test_keeps_line_breaks_and_nothing_else_of_control(self):
        assert text.markup("a\r\nb\x1b[31m") == '<font name="Helvetica">a<br/>b[31m</font>'
