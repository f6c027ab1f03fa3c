"""Money on the wire: one canonical text, exact both ways, strict on the way in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from billing.money import MOST_NANOS, UsdField, format_usd, parse_usd


class TestFormatUsd:
    @pytest.mark.parametrize(
        ("nanos", "text"),
        [
            (0, "0"),
            (1, "0.000000001"),
            (629_046, "0.000629046"),
            (12_500_000_000, "12.5"),
            (3_000_000_000, "3"),
            (-1_059, "-0.000001059"),
            (MOST_NANOS, "9223372036.854775807"),
        ],
    )
    def test_writes_the_shortest_plain_decimal(self, nanos: int, text: str):
        assert format_usd(nanos) == text

    @given(st.integers(0, MOST_NANOS))
    def test_is_read_back_exactly(self, nanos: int):
        assert parse_usd(format_usd(nanos)) == nanos


class TestParseUsd:
    @pytest.mark.parametrize("text", ["0.0000000001", "-1", "+1", "1e3", "", ".5", "1.", "NaN", "\uff11"])
    def test_refuses_more_places_and_other_forms(self, text: str):
        with pytest.raises(ValueError, match="plain decimal number with at most 9 places"):
            parse_usd(text)

    def test_refuses_more_than_a_bigint_holds(self):
        with pytest.raises(ValueError, match=r"at most 9223372036\.854775807"):
            parse_usd("9223372036.854775808")


class TestUsdField:
    def test_reads_and_writes_nanos(self):
        assert UsdField().run_validation("0.000629046") == 629_046
        assert UsdField().to_representation(629_046) == "0.000629046"

    @pytest.mark.parametrize("value", [1, 0.5, True, None, ["1"], "0.0000000001", "1\x00"])
    def test_refuses_anything_but_a_decimal_string(self, value: Any):
        with pytest.raises(ValidationError):
            UsdField().run_validation(value)
