"""Dealing a trace to customers: who makes which request, with which bounds, and what it is to use."""

import random
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from catalog.prices import ModelEntry
from usage.replay.errors import BadTrace
from usage.replay.trace import Row

SMALLEST_BOUND = 256
# An overshooting request reports this many times its output bound.
OVERSHOOT = 2
PER_PERCENT = 100


class Call(NamedTuple):
    """One request: the customer's number, its bounds, and the tokens it will report."""

    customer: int
    bound_input: int
    bound_output: int
    input: int
    output: int


def deal(
    rows: Sequence[Row], *, model: ModelEntry, customers: int, overshoot_hundredths: int, seed: int
) -> list[Call]:
    """Deal `rows` in their order to customers 0 … `customers` - 1, the first of which get the most.

    `overshoot_hundredths`: how many hundredths of a percent of the requests report more output than their
    bound. The same seed deals the same. Raises `BadTrace` for a row that the model cannot serve.
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible draw, no secret.
    weights = list(accumulate(10**9 // rank for rank in range(1, customers + 1)))
    owners = chance.choices(range(customers), cum_weights=weights, k=len(rows))
    above = set(chance.sample(range(len(rows)), len(rows) * overshoot_hundredths // (100 * PER_PERCENT)))
    return [
        _call(row, owner, model, number=number, overshoots=number in above)
        for number, (row, owner) in enumerate(zip(rows, owners, strict=True))
    ]


def output_bound(output: int) -> int:
    """The next power of two, at least 256: what a caller would give as max_tokens."""
    return max(SMALLEST_BOUND, 1 << max(output - 1, 0).bit_length())


def _call(row: Row, customer: int, model: ModelEntry, *, number: int, overshoots: bool) -> Call:
    bound = min(output_bound(row.output), model.max_output_tokens)
    if row.input > model.context_tokens or row.output > bound:
        raise BadTrace(
            f"row {number + 1}: {row.input} tokens in and {row.output} out are more than {model.slug} takes "
            f"({model.context_tokens} in, {model.max_output_tokens} out)"
        )
    return Call(customer, row.input, bound, row.input, OVERSHOOT * bound if overshoots else row.output)
