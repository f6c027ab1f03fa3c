"""Amounts to the fen, and the time of Shanghai."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.alipay.wire import MOST_FEN, fen, moment, noon_after, shanghai, yuan


class TestYuan:
    @pytest.mark.parametrize(("amount", "text"), [(0, "0.00"), (1, "0.01"), (10, "0.10"), (10_050, "100.50")])
    def test_writes_two_places(self, amount: int, text: str):
        assert yuan(amount) == text

    @given(amount=st.integers(0, MOST_FEN))
    def test_comes_back(self, amount: int):
        assert fen(yuan(amount)) == amount


class TestFen:
    @pytest.mark.parametrize(("text", "amount"), [("100", 10_000), ("100.5", 10_050), ("0.01", 1)])
    def test_reads_fewer_places(self, text: str, amount: int):
        assert fen(text) == amount

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "-1.00",
            "+1.00",
            "1.005",
            "1e2",
            "1,000.00",
            "\uff11.00",
            " 1.00",
            "1.",
            ".5",
            "NaN",
            "100000000.01",
        ],
    )
    def test_refuses(self, text: str):
        with pytest.raises(ValueError, match="must be"):
            fen(text)


class TestMoment:
    def test_is_eight_hours_ahead_of_utc(self):
        assert moment("2026-11-24 00:30:00") == datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
        assert shanghai(datetime(2026, 11, 23, 16, 30, tzinfo=UTC)) == "2026-11-24 00:30:00"

    def test_reads_fractions_of_a_second_as_refunds_have_them(self):
        assert moment("2026-11-24 08:00:00.320") == datetime(2026, 11, 24, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text", ["", "2026-11-24", "2026-11-24T08:00:00", "2026-13-01 00:00:00", "x" * 99]
    )
    def test_refuses(self, text: str):
        with pytest.raises(ValueError, match=r"does not match|unconverted"):
            moment(text)


class TestNoonAfter:
    def test_is_noon_in_shanghai(self):
        assert noon_after(date(2026, 11, 24)) == datetime(2026, 11, 25, 4, tzinfo=UTC)
