"""The price formula: known answers, and laws that hold for every price and every count."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.rating import METERS, Bounds, PriceSheet, affordable_output, dearest, rate, unpriced
from tests.catalog.sheets import sheet

picos = st.integers(min_value=1, max_value=10**9)
optional_picos = st.none() | picos
token_counts = st.integers(min_value=0, max_value=2_000_000)
counts = st.tuples(*[st.none() | token_counts] * len(METERS))
sheets = st.builds(
    sheet,
    picos,
    picos,
    read=optional_picos,
    write_5m=optional_picos,
    write_1h=optional_picos,
    search=optional_picos,
)
bounds = st.builds(
    Bounds,
    input=token_counts,
    output=st.integers(min_value=0, max_value=128_000),
    web_search=st.integers(min_value=0, max_value=20),
)
searched_tokens = st.integers(min_value=0, max_value=20_000)


def only(tokens_in: int | None = None, out: int | None = None, **others: int) -> tuple[int | None, ...]:
    return (tokens_in, out, *(others.get(meter) for meter in METERS[2:]))


class TestRate:
    @pytest.mark.parametrize(
        ("tokens_in", "out", "nanos"),
        [
            (1_000_000, 1_000_000, 6_354_000_000),
            (374, 44, 629_046),
            (1, 0, 1_059),
            (0, 128_000, 677_760_000),
            (None, None, 0),
        ],
    )
    def test_gives_the_published_answers(self, tokens_in: int | None, out: int | None, nanos: int):
        assert rate(sheet(), only(tokens_in, out)) == nanos

    @pytest.mark.parametrize(
        ("price", "nanos"),
        [(499, 0), (500, 0), (501, 1), (1_499, 1), (1_500, 2), (1_501, 2), (2_500, 2), (3_500, 4)],
    )
    def test_rounds_a_tie_to_the_even_nano(self, price: int, nanos: int):
        assert rate(sheet(price), only(1)) == nanos

    def test_rounds_what_a_float_cannot_hold(self):
        assert rate(sheet(10**9, 501), only(10**9, 1)) == 10**15 + 1

    def test_rounds_once_and_not_per_meter(self):
        assert rate(sheet(400, 400), only(1, 1)) == 1

    def test_rates_cache_meters_without_their_own_price_as_input(self):
        as_cache = only(cache_read=10, cache_write_5m=20, cache_write_1h=30)
        assert rate(sheet(), as_cache) == rate(sheet(), only(60))

    def test_rates_cache_meters_at_their_own_price(self):
        priced = sheet(1_000, 1_000, read=2_000, write_5m=30_000, write_1h=400_000)
        assert rate(priced, only(1, 1, cache_read=1, cache_write_5m=1, cache_write_1h=1)) == 434

    def test_charges_a_web_search_by_the_piece(self):
        assert rate(sheet(search=3_530_000_000), only(web_search=3)) == 10_590_000

    def test_refuses_counts_that_are_not_one_per_meter(self):
        with pytest.raises(ValueError, match="unpack"):
            rate(sheet(), (1, 2))

    @given(sheets, counts)
    def test_equals_the_sum_in_fractions_rounded_half_even(
        self, priced: PriceSheet, used: tuple[int | None, ...]
    ):
        own = [price if price is not None else 0 for price in priced.picos]
        for meter in range(2, 5):
            own[meter] = own[0] if priced.picos[meter] is None else own[meter]
        exact = sum(
            (Fraction(price * (n or 0), 1000) for price, n in zip(own, used, strict=True)), Fraction(0)
        )
        with localcontext(prec=60):
            decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
            assert rate(priced, used) == int(decimal.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
        assert rate(priced, used) == round(exact)

    @given(sheets, counts, st.integers(min_value=0, max_value=5), token_counts)
    def test_never_falls_when_a_count_rises(
        self, priced: PriceSheet, used: tuple[int | None, ...], meter: int, more: int
    ):
        raised = list(used)
        raised[meter] = (raised[meter] or 0) + more
        assert rate(priced, raised) >= rate(priced, used)


class TestUnpriced:
    def test_lists_a_used_meter_without_a_price_and_rates_it_zero(self):
        used = only(1, web_search=2)
        assert unpriced(sheet(), used) == ("web_search",)
        assert rate(sheet(), used) == rate(sheet(), only(1))

    def test_leaves_out_what_was_not_used_and_what_falls_back_on_input(self):
        assert unpriced(sheet(), only(1, 1, cache_read=5, cache_write_1h=5, web_search=0)) == ()


class TestDearest:
    def test_takes_input_at_its_dearest_use(self):
        priced = sheet(1_000, 1_000, read=100, write_5m=1_250, write_1h=2_000)
        assert dearest(priced, Bounds(input=10, output=5), 0) == 25

    def test_adds_the_input_that_searches_bring(self):
        priced = sheet(1_000, 1_000, search=7_000)
        assert dearest(priced, Bounds(input=10, output=0, web_search=2), 100) == 10 + 200 + 14

    @given(sheets, bounds, searched_tokens, st.data())
    def test_is_never_below_any_use_within_the_bounds(
        self, priced: PriceSheet, most: Bounds, per_search: int, data: st.DataObject
    ):
        searches = data.draw(st.integers(0, most.web_search))
        left = most.input + most.web_search * per_search
        split = []
        for _ in range(4):
            split.append(data.draw(st.integers(0, left)))
            left -= split[-1]
        tokens_in, read, write_5m, write_1h = split
        used = (tokens_in, data.draw(st.integers(0, most.output)), read, write_5m, write_1h, searches)
        assert rate(priced, used) <= dearest(priced, most, per_search)

    @given(sheets, bounds, searched_tokens)
    def test_is_reached_by_some_use(self, priced: PriceSheet, most: Bounds, per_search: int):
        tokens = most.input + most.web_search * per_search
        uses = []
        for meter in (0, 2, 3, 4):
            used = [0, most.output, 0, 0, 0, most.web_search]
            used[meter] = tokens
            uses.append(rate(priced, used))
        assert max(uses) == dearest(priced, most, per_search)


class TestAffordableOutput:
    @pytest.mark.parametrize(
        ("available", "tokens"),
        [(0, -1), (1_058, -1), (1_059, 0), (6_353, 0), (6_354, 1), (11_649, 2), (10**12, 100)],
    )
    def test_gives_the_tokens_that_the_credit_still_buys(self, available: int, tokens: int):
        assert affordable_output(sheet(), Bounds(input=1, output=100), available, 0) == tokens

    def test_is_zero_where_no_output_was_asked_for(self):
        assert affordable_output(sheet(), Bounds(input=0, output=0), 0, 0) == 0

    @example(priced=sheet(500, 1), most=Bounds(input=1, output=9), available=0, per_search=0)
    @example(priced=sheet(1_500, 1), most=Bounds(input=1, output=9), available=1, per_search=0)
    @given(sheets, bounds, st.integers(min_value=0, max_value=10**11), searched_tokens)
    def test_is_exactly_the_last_output_that_fits(
        self, priced: PriceSheet, most: Bounds, available: int, per_search: int
    ):
        def cost(output: int) -> int:
            return dearest(priced, Bounds(most.input, output, most.web_search), per_search)

        tokens = affordable_output(priced, most, available, per_search)
        assert -1 <= tokens <= most.output
        assert tokens == -1 or cost(tokens) <= available
        assert tokens == most.output or cost(tokens + 1) > available
