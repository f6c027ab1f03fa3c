"""Minor units and nanos."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments import currencies
from billing.payments.currencies import NotMinorUnits, UnknownCurrency

KNOWN = ("USD", "EUR", "CNY", "JPY", "KRW", "KWD", "TND")


class TestToNanos:
    @pytest.mark.parametrize(
        ("minor", "currency", "nanos"),
        [
            (1, "USD", 10_000_000),
            (2000, "USD", 20_000_000_000),
            (10_000, "CNY", 100_000_000_000),
            (500, "JPY", 500_000_000_000),
            (1, "KWD", 1_000_000),
            (0, "EUR", 0),
            (-2000, "USD", -20_000_000_000),
        ],
    )
    def test_counts_the_currencys_places(self, minor: int, currency: str, nanos: int):
        assert currencies.to_nanos(minor, currency) == nanos
        assert currencies.to_minor(nanos, currency) == minor

    # The last ones are those about whose places sources disagree.
    @pytest.mark.parametrize("currency", ["", "usd", "XXX", "USDT", "US", "UGX", "ISK", "HUF", "TWD"])
    def test_refuses_what_it_does_not_know(self, currency: str):
        with pytest.raises(UnknownCurrency) as refused:
            currencies.to_nanos(1, currency)
        assert refused.value.code == "unknown_currency"


class TestToMinor:
    @pytest.mark.parametrize(
        ("nanos", "currency"), [(1, "USD"), (10_000_001, "USD"), (999_999_999, "JPY"), (999_999, "KWD")]
    )
    def test_rounds_nothing_away(self, nanos: int, currency: str):
        with pytest.raises(NotMinorUnits):
            currencies.to_minor(nanos, currency)

    @given(minor=st.integers(-(10**11), 10**11), currency=st.sampled_from(KNOWN))
    def test_gives_back_what_went_in(self, minor: int, currency: str):
        assert currencies.to_minor(currencies.to_nanos(minor, currency), currency) == minor
