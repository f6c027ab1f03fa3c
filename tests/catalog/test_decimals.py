"""Decimal strings: exact both ways, and strict about what counts as a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.decimals import format_fixed, parse_fixed

MAXIMUM = 9_999_999_999


class TestFormatFixed:
    @pytest.mark.parametrize(
        ("value", "places", "strip", "text"),
        [
            (629_046, 9, False, "0.000629046"),
            (6_354_000_000, 9, True, "6.354"),
            (5_000_000, 6, True, "5"),
            (-1_500_000, 6, True, "-1.5"),
            (0, 6, True, "0"),
            (-7, 0, False, "-7"),
            (100, 0, True, "100"),
        ],
    )
    def test_writes_units_as_a_decimal(self, value: int, places: int, strip: bool, text: str):
        assert format_fixed(value, places, strip=strip) == text


class TestParseFixed:
    @pytest.mark.parametrize(("text", "value"), [("1.059", 1_059_000), ("0", 0), ("5", 5_000_000)])
    def test_reads_plain_decimals(self, text: str, value: int):
        assert parse_fixed(text, 6, MAXIMUM) == value

    @pytest.mark.parametrize(
        "text",
        [
            *("", " 1", "1\n", "+1", "-1", "1.", ".5", "1e3", "1_000", "1,5", "NaN", "Infinity", "0x1"),
            *("1.0590001", "12345", "１", "٣", "1\x00", "1.2.3", "9" * 5000),  # noqa: RUF001
        ],
    )
    def test_refuses_anything_else(self, text: str):
        with pytest.raises(ValueError, match="plain decimal number"):
            parse_fixed(text, 6, MAXIMUM)

    def test_refuses_more_than_the_maximum(self):
        with pytest.raises(ValueError, match=r"at most 1\.5"):
            parse_fixed("1.500001", 6, 1_500_000)

    def test_reads_whole_numbers_without_a_fraction_only(self):
        assert parse_fixed("42", 0, 100) == 42
        with pytest.raises(ValueError, match="plain decimal number"):
            parse_fixed("4.2", 0, 100)

    @given(st.integers(0, MAXIMUM), st.integers(0, 9), st.booleans())
    def test_reads_back_what_was_written(self, value: int, places: int, strip: bool):
        assert parse_fixed(format_fixed(value, places, strip=strip), places, MAXIMUM) == value
