"""What of a top-up an operator can give back right now, and what stands in the way of more."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import Customer
from billing.models import TopUp, TopUpState, Wallet
from billing.services import purchases
from billing.services.purchases import Purchase


@dataclass(frozen=True, slots=True)
class Refundable:
    """`left_minor` is what has not gone back yet; at most `most_minor` of it can. Nanos are USD.

    `refusal` is the code of what forbids any refund, or empty.
    """

    top_up: TopUp
    refusal: str
    left_minor: int
    refunded_nanos: int
    purchase: Purchase
    available_nanos: int

    @property
    def most_minor(self) -> int:
        if self.refusal or self.left_minor <= 0:
            return 0
        # Costs never fall as amounts rise.
        covered = bisect_right(range(self.left_minor + 1), 0, key=self._missing)
        return max(covered - 1, 0)

    def debit_of(self, amount_minor: int) -> int:
        return purchases.debit_of(self.top_up, amount_minor, refunded_nanos=self.refunded_nanos)

    def bonus_of(self, amount_minor: int) -> int:
        """The unspent bonus that lapses with it."""
        return self.purchase.lapsing(self.debit_of(amount_minor))

    def reasons(self) -> Iterator[str]:
        """Why it is no more, in words."""
        if self.refusal:
            yield REFUSALS[self.refusal]
        if self.top_up.refunded_minor:
            yield "part of it was refunded before"
        if self.top_up.disputed_minor:
            yield "a bank has taken part of it back"
        wanted = self.debit_of(max(self.left_minor, 0))
        if self.purchase.unspent < wanted:
            yield "part of its credit was spent"
        if self.purchase.spent_bonus:
            yield "part of its bonus was spent, which is kept back"
        if self.available_nanos < min(wanted, self.purchase.returnable):
            yield "running requests hold credit"

    def _missing(self, amount_minor: int) -> int:
        debit = self.debit_of(amount_minor)
        above_lot = debit - self.purchase.returnable
        above_available = debit + self.purchase.lapsing(debit) - self.available_nanos
        return max(above_lot, above_available, 0)


REFUSALS = {
    "top_up_not_paid": "the top-up is not paid",
    "customer_frozen": "the customer is frozen",
    "customer_closed": "the customer is closed",
}
_NOTHING = Purchase(0, 0, 0)


def of(top_up: TopUp) -> Refundable:
    """Read it from the books: a preview, or the truth where the caller has locked the wallet."""
    is_paid = top_up.state == TopUpState.PAID
    wallet = Wallet.objects.select_related("customer").get(customer_id=top_up.customer_id)
    return Refundable(
        top_up=top_up,
        refusal="top_up_not_paid" if not is_paid else _refusal_of(wallet.customer),
        left_minor=top_up.amount_minor - top_up.refunded_minor - top_up.disputed_minor if is_paid else 0,
        refunded_nanos=purchases.refunded_nanos(top_up),
        purchase=purchases.read(top_up) if is_paid else _NOTHING,
        available_nanos=wallet.available_nanos,
    )


def _refusal_of(customer: Customer) -> str:
    return "" if customer.state == Customer.State.ACTIVE else f"customer_{customer.state}"
