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
    """`body` is what was asked for; `amount` and `bounds` are what is set aside, or what was refused."""

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

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds.values() if hold.state == "open")

    @property
    def available(self) -> int:
        return self.balance - self.held

    def add(self, nanos: int, *, lot_kind: str, expires: int | None, source: str, kind: str) -> None:
        self.lots.append(Lot(lot_kind, nanos, nanos, expires))
        self.journal[kind, source, "wallet"] += nanos

    def take(self, nanos: int, *, to: str, kind: str, only: Lot | None = None) -> int:
        """Debit at most what is available, from one lot or all in their order, and return what it was."""
        taken = left = max(0, min(nanos, self.available))
        while left:
            lot = only or self._next_lot()
            part = min(left, lot.left)
            lot.left -= part
            left -= part
        if taken:
            self.journal[kind, "wallet", to] += taken
        return taken

    def owe(self, nanos: int, *, to: str, kind: str) -> None:
        self.debt += nanos
        self.journal[kind, "debt", to] += nanos

    def end(self, hold: Hold, state: str, *, now: int) -> None:
        hold.state, hold.ended = state, now

    def close_books(
        self, *, now: int, below: int, kind: str = "debt_repayment", touched: bool = False
    ) -> bool:
        """What every money transaction ends with: free credit pays debt, then the cut-off is judged.

        Returns whether key states changed.
        """
        self.debt -= self.take(self.debt, to="debt", kind=kind)
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
