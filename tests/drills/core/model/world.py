"""Everything that the model knows, at its moment."""

from collections import Counter
from dataclasses import dataclass, field

from tests.drills.core.model.prices import PriceList
from tests.drills.core.model.wallets import Entry, Hold, Wallet
from tests.drills.core.steps import Usage

FIVE_MINUTES = 5 * 60 * 1000
OLDEST_ID = 35 * 24 * 3600 * 1000
DAY = 24 * 3600 * 1000


@dataclass
class Key:
    """`first` is the key that its line of rotated keys began with."""

    who: str
    first: int
    created: int
    expires: int | None
    allowed: tuple[str, ...]
    revoked: int | None = None
    is_replaced: bool = False


@dataclass
class Line:
    """The limit of a line of keys; `start` is the first day of the period that was seen last."""

    first: int
    nanos: int
    period: str
    start: int
    cut_off: int | None = None
    was_cut_off: bool = False
    has_turned: bool = False


@dataclass
class Customer:
    wallet: Wallet = field(default_factory=Wallet)
    state: str = "active"


@dataclass(frozen=True)
class Model:
    """`context` and `most_output` are the most that a hold may bound."""

    context: int
    most_output: int


@dataclass
class Waiting:
    """An event in the inbox."""

    usage: Usage
    gateway: int
    received: int


@dataclass
class Charge:
    """`day` is that of the request's own time; `entry` the transaction that debited it at moment `at`."""

    usage: Usage
    gateway: int
    price: int
    nanos: int
    set_aside: int | None
    unpriced: tuple[str, ...]
    day: int
    entry: Entry
    at: int


@dataclass
class Correction:
    """What was corrected about a charge at one price; counts and nanos are differences."""

    price: int
    counts: tuple[int, ...]
    nanos: int
    unpriced: tuple[str, ...]


@dataclass
class Conflict:
    """Another body of a request that was reported before; judged once its request is charged."""

    usage: Usage
    gateway: int
    verdict: str | None = None


@dataclass(frozen=True)
class Debt:
    request: int
    nanos: int
    cause: str
    gateway: int


@dataclass
class Quarantined:
    """`is_row`: settlement kept its own row, which goes back into the inbox unchecked."""

    usage: Usage
    gateway: int
    unheld: bool
    code: str
    received: int
    is_row: bool = False
    resolution: str = ""


Request = tuple[str, int]


@dataclass
class World:
    """`minted` is the time in each request id; `published` what readers of key states were told last."""

    now: int
    customers: dict[str, Customer]
    models: dict[str, Model]
    keys: dict[int, Key] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    prices: PriceList = field(default_factory=PriceList)
    below: int = 1_000_000
    minted: dict[int, int] = field(default_factory=dict)
    effects: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    inbox: dict[Request, Waiting] = field(default_factory=dict)
    charges: dict[Request, Charge] = field(default_factory=dict)
    debts: list[tuple[str, Debt]] = field(default_factory=list)
    daily: Counter[tuple[str, int, str, int, str]] = field(default_factory=Counter)
    quarantine: dict[tuple[object, int], Quarantined] = field(default_factory=dict)
    conflicts: dict[tuple[str, int, object, int], Conflict] = field(default_factory=dict)
    corrections: dict[Request, list[Correction]] = field(default_factory=dict)
    published: dict[int, tuple[object, ...]] = field(default_factory=dict)
    positions: int = 0

    def mint(self, request: int, offset: int) -> int:
        """The time in a request's id, which is fixed when the request is first heard of."""
        return self.minted.setdefault(request, self.now + offset)

    def wallet(self, who: str) -> Wallet:
        return self.customers[who].wallet

    def close_books(self, who: str, *, entry: Entry | None = None, touched: bool = False) -> bool:
        touched |= self._judge_lines(who)
        return self.wallet(who).close_books(now=self.now, below=self.below, entry=entry, touched=touched)

    def _judge_lines(self, who: str) -> bool:
        """Cut lines off whose limit is reached, and restore the others; tells whether readers must know."""
        changed = False
        for line in self.lines_of(who):
            is_reached = line.nanos - max(0, self.spent(line)) < self.below
            if not is_reached:
                line.cut_off = None
            elif line.cut_off is None:
                line.cut_off = self.now
            changed |= is_reached != line.was_cut_off or (is_reached and line.has_turned)
            line.was_cut_off, line.has_turned = is_reached, False
        return changed

    def lines_of(self, who: str) -> list[Line]:
        return [line for line in self.lines.values() if self.keys[line.first].who == who]

    def line_of(self, key: int) -> Line | None:
        return self.lines.get(self.keys[key].first)

    def charges_of(self, first: int) -> list[Charge]:
        return [charge for charge in self.charges.values() if self.keys[charge.usage.key].first == first]

    def running_holds_of(self, first: int) -> list[Hold]:
        holds = self.wallet(self.keys[first].who).holds.values()
        return [hold for hold in holds if hold.state == "open" and self.keys[hold.key].first == first]

    def spent(self, line: Line) -> int:
        """The charges of the period, with what was corrected about them."""
        nanos = 0
        for request, charge in self.charges.items():
            if self.keys[charge.usage.key].first == line.first and charge.day >= line.start:
                nanos += charge.nanos + sum(each.nanos for each in self.corrections.get(request, []))
        return nanos

    def keep_conflict(self, who: str, usage: Usage, gateway: int) -> None:
        self.conflicts.setdefault((who, usage.request, usage.body, gateway), Conflict(usage, gateway))

    def held_of(self, line: Line) -> int:
        return sum(hold.amount for hold in self.running_holds_of(line.first) if hold.period == line.start)

    def is_recent(self, request: int) -> bool:
        """Whether the time in the id lies where usage and holds are accepted."""
        return self.now - OLDEST_ID <= self.minted[request] <= self.now + FIVE_MINUTES

    def hold_of(self, who: str, request: int) -> Hold | None:
        return self.wallet(who).holds.get(request)
