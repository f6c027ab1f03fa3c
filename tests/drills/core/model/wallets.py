"""A customer's wallet with its lots, its holds and its journal."""

from collections import Counter
from dataclasses import dataclass, field

from tests.drills.core.steps import Place

PROMOTIONAL, BOUGHT = "promotional", "bought"


@dataclass
class Lot:
    kind: str
    amount: int
    left: int
    expires: int | None


@dataclass
class Hold:
    """`body` is what was asked for; `amount` and `bounds` are what is set aside, or what was refused.

    `period` is the day on which the period began that it counts in, where its key has a limit.
    """

    request: int
    gateway: int
    key: int
    model: str
    price: int
    body: Place
    state: str
    refusal: str | None
    amount: int
    available: int
    bounds: tuple[int, int, int]
    placed: int
    expires: int
    ended: int | None = None
    resumes: int | None = None
    period: int | None = None


@dataclass
class Entry:
    """A ledger transaction: what it took from older lots, less what it gave back, and what corrected it."""

    kind: str
    taken: list[tuple[Lot, int]] = field(default_factory=list)
    made: list[Lot] = field(default_factory=list)
    corrected_by: list["Entry"] = field(default_factory=list)


@dataclass
class Wallet:
    """`version` rises and `waits` counts whenever the customer's key states are to be published anew.

    `journal` sums up the transfers of each kind of ledger transaction by debited and credited account.
    """

    lots: list[Lot] = field(default_factory=list)
    holds: dict[int, Hold] = field(default_factory=dict)
    debt: int = 0
    cut_off: int | None = None
    version: int = 1
    waits: int = 0
    journal: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    _takes: list[tuple[int, Lot | None, Entry]] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots) - sum(nanos for nanos, _, _ in self._takes)

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds.values() if hold.state == "open")

    @property
    def available(self) -> int:
        return self.balance - self.held

    def enter(self, kind: str) -> Entry:
        self.entries.append(Entry(kind))
        return self.entries[-1]

    def add(self, entry: Entry, nanos: int, *, lot_kind: str, expires: int | None, source: str) -> None:
        entry.made.append(Lot(lot_kind, nanos, nanos, expires))
        self.lots.append(entry.made[-1])
        self.journal[entry.kind, source, "wallet"] += nanos

    def give_back(self, entry: Entry, nanos: int, lot: Lot, *, source: str) -> None:
        lot.left += nanos
        entry.taken.append((lot, -nanos))
        self.journal[entry.kind, source, "wallet"] += nanos

    def take(self, entry: Entry, nanos: int, *, to: str, only: Lot | None = None) -> int:
        """Debit at most what is available, from one lot or all in their order, and return what it was."""
        taken = max(0, min(nanos, self.available))
        if taken:
            self._takes.append((taken, only, entry))
            self.journal[entry.kind, "wallet", to] += taken
        return taken

    def owe(self, entry: Entry, nanos: int, *, to: str) -> None:
        self.debt += nanos
        self.journal[entry.kind, "debt", to] += nanos

    def end(self, hold: Hold, state: str, *, now: int) -> None:
        hold.state, hold.ended = state, now

    def close_books(self, *, now: int, below: int, entry: Entry | None, touched: bool) -> bool:
        """What every money transaction ends with: free credit pays debt, lots give, the cut-off is judged.

        Returns whether key states changed.
        """
        due = min(self.debt, self.available)
        if due:
            self.debt -= self.take(entry or self.enter("debt_repayment"), due, to="debt")
        self._spend()
        is_short = self.balance < below or self.debt > 0
        changed = touched or is_short != (self.cut_off is not None)
        if not is_short:
            self.cut_off = None
        elif self.cut_off is None:
            self.cut_off = now
        if changed:
            self.version += 1
            self.waits += 1
        return changed

    def _spend(self) -> None:
        """Lots give once the whole transaction is known, so that credit of the same moment gives too."""
        takes, self._takes = self._takes, []
        for nanos, only, entry in takes:
            left = nanos
            while left:
                lot = only or self._next_lot()
                part = min(left, lot.left)
                lot.left -= part
                left -= part
                if all(made is not lot for made in entry.made):
                    entry.taken.append((lot, part))

    def giving_order(self, lot: Lot) -> tuple[bool, bool, int, int]:
        """Where a lot stands among all: as `_next_lot` would come to it."""
        place = next(number for number, other in enumerate(self.lots) if other is lot)
        return lot.kind == BOUGHT, lot.expires is None, lot.expires or 0, place

    def _next_lot(self) -> Lot:
        """Promotional before bought, then soonest expiry, then oldest."""
        for kind in (PROMOTIONAL, BOUGHT):
            with_credit = [lot for lot in self.lots if lot.kind == kind and lot.left]
            expiring = [lot for lot in with_credit if lot.expires is not None]
            if expiring:
                soonest = min(lot.expires for lot in expiring if lot.expires is not None)
                return next(lot for lot in expiring if lot.expires == soonest)
            if with_credit:
                return with_credit[0]
        raise AssertionError("lots hold less than the balance")
