"""Prices and the published formula, in exact fractions."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

INPUT, OUTPUT, CACHE_READ, CACHE_WRITE_5M, CACHE_WRITE_1H, WEB_SEARCH = range(6)
METERS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "web_search")
CACHE = (CACHE_READ, CACHE_WRITE_5M, CACHE_WRITE_1H)
INPUT_PER_SEARCH = 10_000
PICOS_PER_NANO = 1000


@dataclass(frozen=True)
class Price:
    """One version of a model's prices; None where a meter has none."""

    number: int
    model: str
    effective: int
    picos: tuple[int | None, ...]

    def of(self, meter: int) -> int:
        """What a unit is charged at: cache meters without a price as input, searches without one not."""
        own = self.picos[meter]
        if own is None and meter in CACHE:
            own = self.picos[INPUT]
        return own or 0

    def cost(self, counts: Sequence[int | None]) -> int:
        """The nanos of a request; `round` of a fraction rounds half to even."""
        picos = sum(count * self.of(meter) for meter, count in enumerate(counts) if count)
        return round(Fraction(picos, PICOS_PER_NANO))

    def dearest(self, bounds: tuple[int, int, int]) -> int:
        """The nanos of the dearest way to use the bounds: all input, that of searches too, as one meter."""
        tokens_in, out, searches = bounds
        most_input = tokens_in + searches * INPUT_PER_SEARCH
        ways = []
        for meter in (INPUT, *CACHE):
            counts = [0] * len(METERS)
            counts[meter], counts[OUTPUT], counts[WEB_SEARCH] = most_input, out, searches
            ways.append(self.cost(counts))
        return max(ways)

    def most_output(self, bounds: tuple[int, int, int], available: int) -> int:
        """The most output up to its bound that `available` pays for beside the rest; -1 where none."""
        fits, too_much = -1, bounds[1] + 1
        while too_much - fits > 1:
            middle = (fits + too_much) // 2
            if self.dearest((bounds[0], middle, bounds[2])) <= available:
                fits = middle
            else:
                too_much = middle
        return fits

    def unpriced(self, counts: Sequence[int | None]) -> tuple[str, ...]:
        return tuple(METERS[m] for m, count in enumerate(counts) if count and not self.of(m))


class PriceList:
    """Every version of every model; the one in force is the latest that has taken effect."""

    NOTICE = 5 * 60 * 1000
    REACHES_BACK = 35 * 24 * 3600 * 1000

    def __init__(self) -> None:
        self.by_number: dict[int, Price] = {}

    def of_model(self, model: str) -> list[Price]:
        return [price for price in self.by_number.values() if price.model == model]

    def in_force(self, model: str, at: int) -> Price | None:
        effective = [price for price in self.of_model(model) if price.effective <= at]
        return max(effective, key=lambda price: price.effective, default=None)

    def publish(self, price: Price, *, now: int) -> bool:
        """Add a version; False where it comes too soon, or when another one takes effect."""
        others = self.of_model(price.model)
        earliest = now + self.NOTICE if others else now - self.REACHES_BACK
        if price.effective < earliest or any(price.effective == other.effective for other in others):
            return False
        self.by_number[price.number] = price
        return True
