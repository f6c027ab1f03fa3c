"""Everything that the model knows, at its moment."""

from collections import Counter
from dataclasses import dataclass, field

from tests.drills.core.model.prices import PriceList
from tests.drills.core.model.wallets import Hold, Wallet
from tests.drills.core.steps import Usage

FIVE_MINUTES = 5 * 60 * 1000
OLDEST_ID = 35 * 24 * 3600 * 1000
DAY = 24 * 3600 * 1000


@dataclass
class Key:
    who: str
    created: int
    expires: int | None
    allowed: tuple[str, ...]
    revoked: int | None = None
    is_replaced: bool = False


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
    usage: Usage
    gateway: int
    price: int
    nanos: int
    set_aside: int | None
    unpriced: tuple[str, ...]


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
    prices: PriceList = field(default_factory=PriceList)
    below: int = 1_000_000
    minted: dict[int, int] = field(default_factory=dict)
    effects: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    inbox: dict[Request, Waiting] = field(default_factory=dict)
    charges: dict[Request, Charge] = field(default_factory=dict)
    debts: list[tuple[str, Debt]] = field(default_factory=list)
    daily: Counter[tuple[str, int, str, int, str]] = field(default_factory=Counter)
    quarantine: dict[tuple[object, int], Quarantined] = field(default_factory=dict)
    conflicts: set[tuple[str, int, object]] = field(default_factory=set)
    published: dict[int, tuple[object, ...]] = field(default_factory=dict)
    positions: int = 0

    def mint(self, request: int, offset: int) -> int:
        """The time in a request's id, which is fixed when the request is first heard of."""
        return self.minted.setdefault(request, self.now + offset)

    def wallet(self, who: str) -> Wallet:
        return self.customers[who].wallet

    def close_books(self, who: str, *, kind: str = "debt_repayment", touched: bool = False) -> bool:
        return self.wallet(who).close_books(now=self.now, below=self.below, kind=kind, touched=touched)

    def is_recent(self, request: int) -> bool:
        """Whether the time in the id lies where usage and holds are accepted."""
        return self.now - OLDEST_ID <= self.minted[request] <= self.now + FIVE_MINUTES

    def hold_of(self, who: str, request: int) -> Hold | None:
        return self.wallet(who).holds.get(request)
