"""A customer's wallet in a few lines of Python, which predicts what the service answers and keeps."""

from dataclasses import dataclass, field

CUT_OFF_BELOW = 1_000_000


@dataclass
class Lot:
    """`order` is its place in the spending order among lots that expire at the same time."""

    is_bought: bool
    expires: float
    order: int
    remaining: int

    @property
    def spending_order(self) -> tuple[bool, float, int]:
        return self.is_bought, self.expires, self.order


@dataclass
class ModelHold:
    amount: int
    expires: float
    is_open: bool = True


@dataclass
class ModelWallet:
    """All amounts are nanos, all times seconds since the story began."""

    debt: int = 0
    lots: list[Lot] = field(default_factory=list)
    holds: list[ModelHold] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(lot.remaining for lot in self.lots)

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds if hold.is_open)

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def is_cut_off(self) -> bool:
        return self.balance < CUT_OFF_BELOW or self.debt > 0

    def credit(self, amount: int, *, is_bought: bool, expires: float) -> None:
        self.lots.append(Lot(is_bought, expires, len(self.lots), amount))
        self._repay()

    def take(self, amount: int) -> int:
        """Debit at most what is available; return what is short."""
        taken = left = max(0, min(amount, self.available))
        for lot in sorted(self.lots, key=lambda lot: lot.spending_order):
            part = min(left, lot.remaining)
            lot.remaining -= part
            left -= part
        return amount - taken

    def correct_down(self, amount: int) -> bool:
        if amount > self.available:
            return False
        self.take(amount)
        return True

    def place(self, amount: int, expires: float) -> str:
        if self.is_cut_off:
            return "cut_off"
        if amount > self.available:
            return "insufficient_credit"
        self.holds.append(ModelHold(amount, expires))
        return "open"

    def extend(self, hold: ModelHold, amount: int, expires: float) -> str:
        if not hold.is_open:
            return "request_conflict"
        if amount > hold.amount and amount - hold.amount > self.available:
            return "insufficient_credit"
        hold.amount, hold.expires = amount, expires
        self._repay()
        return "open"

    def release(self, hold: ModelHold) -> None:
        hold.is_open = False
        self._repay()

    def settle(self, used: list[tuple[ModelHold | None, int]]) -> None:
        """Charge one batch: holds end first, then the customer is debited once."""
        for hold, _ in used:
            if hold:
                hold.is_open = False
        self.debt += self.take(sum(amount for _, amount in used))
        self._repay()

    def expire_holds(self, now: float) -> int:
        over = [hold for hold in self.holds if hold.is_open and hold.expires <= now]
        for hold in over:
            hold.is_open = False
        if over:
            self._repay()
        return len(over)

    def expire_lots(self, now: float) -> int:
        lapsed = 0
        for lot in sorted(self.lots, key=lambda lot: (lot.expires, lot.order)):
            if lot.expires <= now:
                part = min(lot.remaining, self.available)
                lot.remaining -= part
                lapsed += part
        return lapsed

    def _repay(self) -> None:
        due = min(self.debt, self.available)
        self.debt -= due - self.take(due)
