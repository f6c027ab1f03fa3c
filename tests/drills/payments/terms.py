"""What a history is made of: people, what they ordered, and on which terms a round is told."""

from dataclasses import dataclass, field
from uuid import UUID

STRIPE, ALIPAY = "stripe", "alipay"
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who has signed in; `cookies` is what the browser sends."""

    customer_id: UUID
    cookies: dict[str, str]


@dataclass(frozen=True, slots=True)
class Order:
    """A top-up that was begun and answered, with the rate and the bonus that were in force then."""

    top_up_id: UUID
    provider: str
    method: str
    amount_minor: int
    rate_micros: int
    bonus_ppm: int
    checkout_url: str = ""

    @property
    def reference(self) -> str:
        return self.top_up_id.hex

    @property
    def credit_nanos(self) -> int:
        """Whole nanos of dollars, rounded down; cents have 7 digits of nanos behind them."""
        nanos = self.amount_minor * 10**7
        return nanos if self.provider == STRIPE else nanos * MICROS // self.rate_micros

    @property
    def bonus_nanos(self) -> int:
        return self.credit_nanos * self.bonus_ppm // MICROS


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is special about a round: how messages and calls go wrong, and what is for sale.

    `polls`: the poller runs all the time, else only in the end. `time_passes`: the providers' clocks reach
    the end of every checkout before ours ask. `kills`: our processes are killed in mid-work.
    """

    faults: dict[str, float]
    rate_micros: int
    bonus_ppm: int
    polls: bool
    time_passes: bool
    kills: bool


@dataclass(slots=True)
class Tale:
    """What our side knows of a history when it is over."""

    number: int
    person: Person
    orders: list[Order] = field(default_factory=list)
    spent_nanos: int = 0
    steps: int = 0
    told: list[str] = field(default_factory=list)
