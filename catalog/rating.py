"""The price formula: tokens and a price sheet in, nanodollars out; pure integers without Django."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

METERS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "web_search")
PICOS_PER_NANO = 1000

# Counts in the order of METERS; None where the gateway did not report the meter.
Counts = Sequence[int | None]


def effective_picos(picos: Sequence[int | None]) -> tuple[int, ...]:
    """Return what each meter is charged at: cache meters without a rate as input, other unpriced ones 0."""
    tokens_in, out, read, write_5m, write_1h, search = picos
    base = tokens_in or 0
    return (
        base,
        out or 0,
        base if read is None else read,
        base if write_5m is None else write_5m,
        base if write_1h is None else write_1h,
        search or 0,
    )


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """One immutable price version of one model; `picos` are its own rates in 10^-12 USD per unit."""

    version_id: int
    model_id: int
    model: str
    effective_at: datetime
    picos: tuple[int | None, ...]
    effective: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "effective", effective_picos(self.picos))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that a request may use; `input` counts every input token, cached or not."""

    input: int
    output: int
    web_search: int = 0


def rate(sheet: PriceSheet, counts: Counts) -> int:
    """Return the cost in nanos: summed exactly over the meters, then rounded once, half to even."""
    tokens_in, out, read, write_5m, write_1h, search = counts
    prices = sheet.effective
    return _round_half_even(
        (tokens_in or 0) * prices[0]
        + (out or 0) * prices[1]
        + (read or 0) * prices[2]
        + (write_5m or 0) * prices[3]
        + (write_1h or 0) * prices[4]
        + (search or 0) * prices[5]
    )


def unpriced(sheet: PriceSheet, counts: Counts) -> tuple[str, ...]:
    """Name the used meters that have no price; `cache_*` falls back on `input`'s."""
    if 0 not in sheet.effective:
        return ()

    return tuple(
        meter
        for meter, count, picos in zip(METERS, counts, sheet.effective, strict=True)
        if count and not picos
    )


def dearest(sheet: PriceSheet, bounds: Bounds, input_per_search: int) -> int:
    """Return the nanos that no usage within the bounds exceeds, however its input is cached."""
    return _round_half_even(
        _picos_without_output(sheet, bounds, input_per_search) + bounds.output * sheet.effective[1]
    )


def affordable_output(sheet: PriceSheet, bounds: Bounds, available_nanos: int, input_per_search: int) -> int:
    """Return the largest output up to its bound whose `dearest` is within `available_nanos`.

    -1 where not even the input fits.
    """
    # The largest sum that still rounds down to the available nanos: a tie goes to the even neighbour.
    tie = PICOS_PER_NANO // 2 - (available_nanos & 1)
    left = available_nanos * PICOS_PER_NANO + tie - _picos_without_output(sheet, bounds, input_per_search)
    if left < 0:
        return -1
    output_picos = sheet.effective[1]
    return min(bounds.output, left // output_picos) if output_picos else bounds.output


def _picos_without_output(sheet: PriceSheet, bounds: Bounds, input_per_search: int) -> int:
    tokens_in, _, read, write_5m, write_1h, search = sheet.effective
    most_input = bounds.input + bounds.web_search * input_per_search
    return most_input * max(tokens_in, read, write_5m, write_1h) + bounds.web_search * search


def _round_half_even(picos: int) -> int:
    nanos, rest = divmod(picos, PICOS_PER_NANO)
    if rest > PICOS_PER_NANO // 2 or (rest == PICOS_PER_NANO // 2 and nanos & 1):
        return nanos + 1
    return nanos
