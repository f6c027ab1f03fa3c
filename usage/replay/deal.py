"""Dealing a trace to customers: who makes which request, with which bounds, and what it is to use."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from catalog.prices import ModelEntry
from usage.replay.errors import BadRequest, BadTrace
from usage.replay.trace import Row

SMALLEST_BOUND = 256
# An overshooting request reports this many times its output bound.
OVERSHOOT = 2
PER_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose: each request has one fault at most.

    So many hundredths of a percent of the requests report more output than their bound, the usage of so many
    is lost on its way, and so many report a wrong cost.
    """

    overshoot_hundredths: int = 0
    lost: int = 0
    misreported: int = 0


NO_FAULTS = Faults()


class Call(NamedTuple):
    """One request: the customer's number, its bounds, the tokens it will report, and what goes wrong."""

    customer: int
    bound_input: int
    bound_output: int
    input: int
    output: int
    is_lost: bool = False
    is_misreported: bool = False

    @property
    def overshoots(self) -> bool:
        return self.output > self.bound_output


def deal(
    rows: Sequence[Row], *, model: ModelEntry, customers: int, seed: int, faults: Faults = NO_FAULTS
) -> list[Call]:
    """Deal `rows` in their order to customers 0 … `customers` - 1, the first of which get the most.

    The same seed deals the same. Raises `BadTrace` for a row that the model cannot serve, and `BadRequest`
    where there are more faults than rows.
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible draw, no secret.
    weights = list(accumulate(10**9 // rank for rank in range(1, customers + 1)))
    owners = chance.choices(range(customers), cum_weights=weights, k=len(rows))
    overshooting = len(rows) * faults.overshoot_hundredths // (100 * PER_PERCENT)
    above = set(chance.sample(range(len(rows)), overshooting))
    if faults.lost + faults.misreported > len(rows) - overshooting:
        raise BadRequest(f"the trace has {len(rows)} rows: too few for so many faults")
    others = [number for number in range(len(rows)) if number not in above]
    spoiled = chance.sample(others, faults.lost + faults.misreported)
    lost, misreported = set(spoiled[: faults.lost]), set(spoiled[faults.lost :])
    return [
        _call(row, owner, model, number=number, overshoots=number in above)._replace(
            is_lost=number in lost, is_misreported=number in misreported
        )
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
