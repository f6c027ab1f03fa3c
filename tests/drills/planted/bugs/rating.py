"""The price formula and the bounds that a hold covers."""

from tests.drills.planted.bug import Bug, Patch

_RATING = "catalog/rating.py"
_RATED = "tests/catalog/test_rating.py"

BUGS = (
    Bug(
        name="float_rounding",
        says="picos are divided as floats",
        tests=(f"{_RATED}::TestRate",),
        patches=(
            Patch(
                _RATING,
                "    nanos, rest = divmod(picos, PICOS_PER_NANO)\n",
                "    return round(picos / PICOS_PER_NANO)\n    nanos, rest = divmod(picos, PICOS_PER_NANO)\n",
            ),
        ),
    ),
    Bug(
        name="half_up",
        says="a tie is rounded up, and not to the even nano",
        tests=(f"{_RATED}::TestRate",),
        patches=(
            Patch(
                _RATING,
                "(rest == PICOS_PER_NANO // 2 and nanos & 1)",
                "(rest == PICOS_PER_NANO // 2 and nanos >= 0)",
            ),
        ),
    ),
    Bug(
        name="rounded_per_meter",
        says="each meter is rounded, and then the sum",
        tests=(f"{_RATED}::TestRate",),
        patches=(
            Patch(
                _RATING,
                "        (tokens_in or 0) * prices[0]\n",
                "        _round_half_even((tokens_in or 0) * prices[0]) * PICOS_PER_NANO\n",
            ),
        ),
    ),
    Bug(
        name="cache_reads_free",
        says="a cache meter without a rate of its own costs nothing",
        tests=(f"{_RATED}::TestRate",),
        patches=(Patch(_RATING, "base if read is None else read", "0 if read is None else read"),),
    ),
    Bug(
        name="hold_forgets_cache_writes",
        says="a hold covers its input at the plain price only",
        tests=(f"{_RATED}::TestDearest",),
        patches=(Patch(_RATING, "max(tokens_in, read, write_5m, write_1h)", "max(tokens_in, read)"),),
    ),
    Bug(
        name="affordable_output_one_too_many",
        says="the answer to a short hold names one output token too many",
        tests=(f"{_RATED}::TestAffordableOutput",),
        patches=(Patch(_RATING, "left // output_picos)", "left // output_picos + 1)"),),
    ),
    Bug(
        name="price_not_pinned",
        says="a request is charged at its time's price, whatever its hold was placed at",
        tests=("tests/usage/test_outcomes_prices.py",),
        patches=(
            Patch(
                "usage/services/settlement/rate.py",
                "        return prices.sheet(hold.price_version_id)",
                "        hold = None",
            ),
        ),
    ),
    Bug(
        name="sold_without_a_price",
        says="a meter without a price may be bounded, and is free",
        tests=("tests/billing/test_holds_place.py",),
        patches=(
            Patch(
                "billing/services/holds/terms.py",
                "if bounds.web_search and sheet.picos[-1] is None:",
                "if bounds.web_search < 0:",
            ),
        ),
    ),
)
