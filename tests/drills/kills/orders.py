"""What the drill's customers ask for: a seeded, endless list of requests, and what each must cost."""

import random
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path

MODEL = "claude-sonnet-4-6"
NANOS = 10**9
PER_MILLION = 10**6
_PRICES = Path(__file__).resolve().parents[3] / "catalog/data/models/anthropic" / f"{MODEL}.toml"


class Story(StrEnum):
    """How a request goes, as its gateway sees it."""

    USED = "used"
    EXTENDED = "extended while it streams, then used"
    OVERSHOT = "used above its bounds"
    CORRECTED = "estimated, then counted"
    RELEASED = "released"
    ABANDONED = "never heard of again, so that its hold lapses"
    LATE = "used after its hold's time"
    RELEASED_AND_USED = "released, and used all the same"
    UNHELD = "used without a hold"


_SHARES = {
    Story.USED: 56,
    Story.EXTENDED: 8,
    Story.OVERSHOT: 6,
    Story.CORRECTED: 6,
    Story.RELEASED: 8,
    Story.ABANDONED: 5,
    Story.LATE: 3,
    Story.RELEASED_AND_USED: 3,
    Story.UNHELD: 5,
}


@dataclass(frozen=True, slots=True)
class Order:
    """One request of customer number `customer`; `is_contradicted`: another body follows under its id."""

    customer: int
    story: Story
    bounds: dict[str, int]
    meters: dict[str, int]
    is_contradicted: bool


def order(seed: int, number: int, *, customers: int) -> Order:
    """The order of this number, the same for the same seed however fast the service answers."""
    chance = random.Random(f"{seed}/{number}")
    story = chance.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
    meters = {"input": chance.randint(1, 3000), "output": chance.randint(1, 900)}
    if chance.random() < 0.3:
        cached = chance.choice(("cache_read", "cache_write_5m", "cache_write_1h"))
        meters[cached] = chance.randint(1, 5000)
    if chance.random() < 0.05:
        meters["web_search"] = chance.randint(1, 2)

    bounds = {
        "input": sum(count for meter, count in meters.items() if meter not in {"output", "web_search"}),
        "output": meters["output"] + chance.randint(0, 200),
        "web_search": meters.get("web_search", 0),
    }
    if story is Story.OVERSHOT:
        meters["output"] = 2 * bounds["output"]
    # The first half has plenty of credit: most requests are theirs, so that most are charged.
    several = customers if chance.random() < 0.5 else customers // 2
    return Order(
        customer=chance.randrange(several),
        story=story,
        bounds=bounds,
        meters=meters,
        is_contradicted=chance.random() < 0.02,
    )


def cost_nanos(meters: dict[str, int]) -> int:
    """What these meters cost: exact fractions, rounded once, half to even."""
    dollars = sum(_price(meter) * count for meter, count in meters.items()) / PER_MILLION
    return round(dollars * NANOS)


@cache
def _price(meter: str) -> Fraction:
    """US dollars for a million, from the catalogue's file: neither our loader nor the database is asked."""
    prices = tomllib.loads(_PRICES.read_text())["prices"]["sale"]
    return Fraction(prices[meter])
