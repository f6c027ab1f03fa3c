"""What our books must be, from the orders, what was spent and what the providers say: nothing else counts.

Neither the order of messages nor how often they came can matter, so none of it is known here.
"""

from dataclasses import dataclass, field

from tests.drills.payments.said import ENDED, ENDINGS, PAID, Quarrel, Said
from tests.drills.payments.terms import STRIPE, Order, Tale

CENT = 10**7


@dataclass(frozen=True, slots=True)
class ExpectedTopUp:
    state: str
    credit_nanos: int
    refunded_minor: int
    disputed_minor: int
    is_suspected: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """`net_nanos` is balance less debt, from the least to the most that it can be.

    It is one number, but where a bonus was spent or more went back than was paid: then it matters what was
    known when. `frozen` is None where that depends on what was owed when.
    """

    top_ups: dict[str, ExpectedTopUp]
    net_nanos: tuple[int, int]
    is_frozen: bool | None
    clearing_stripe_nanos: int
    clearing_alipay_nanos: int
    dispute_fees_nanos: int
    refunds: dict[str, dict[str, int]] = field(default_factory=dict)


def expect(tale: Tale, said: dict[str, Said]) -> Expected:
    told = {order.reference: said.get(order.reference, Said(ENDED)) for order in tale.orders}
    paid = [(order, told[order.reference]) for order in tale.orders if told[order.reference].state == PAID]
    money = sum(_money_left(order, one) for order, one in paid) - tale.spent_nanos
    is_loose = tale.spent_nanos > 0 or _went_beyond(paid)
    bonuses = [(0, order.bonus_nanos) if is_loose else _bonus_left(order, one) for order, one in paid]
    least, most = money + sum(low for low, _ in bonuses), money + sum(high for _, high in bonuses)
    stripes = [one for order, one in paid if order.provider == STRIPE]
    alipays = [one for order, one in paid if order.provider != STRIPE]
    fees = sum(one.dispute_fees_minor for one in stripes) * CENT
    return Expected(
        top_ups={order.reference: _top_up(order, told[order.reference]) for order in tale.orders},
        net_nanos=(least, most),
        is_frozen=_is_frozen(paid, could_owe=is_loose or least < 0),
        clearing_stripe_nanos=sum(one.booked_minor for one in stripes) * CENT - fees,
        clearing_alipay_nanos=sum(one.booked_minor for one in alipays) * CENT,
        dispute_fees_nanos=fees,
        refunds={order.reference: one.refunds for order, one in paid},
    )


def _top_up(order: Order, one: Said) -> ExpectedTopUp:
    is_paid = one.state == PAID
    return ExpectedTopUp(
        state=one.state,
        credit_nanos=order.credit_nanos if is_paid else 0,
        refunded_minor=one.refunded_minor,
        disputed_minor=one.taken_minor,
        is_suspected=is_paid and one.is_suspected,
    )


def _money_left(order: Order, one: Said) -> int:
    refunded = order.credit_nanos * one.refunded_minor // order.amount_minor
    return order.credit_nanos - refunded - one.taken_minor * CENT


def _bonus_left(order: Order, one: Said) -> tuple[int, int]:
    """What of the bonus has not lapsed, in proportion to what has not gone back."""
    back = one.refunded_minor + one.taken_minor
    left = order.bonus_nanos * (order.amount_minor - back) // order.amount_minor
    return left, left


def _is_frozen(paid: list[tuple[Order, Said]], *, could_owe: bool) -> bool | None:
    quarrels = [quarrel for _, one in paid for quarrel in one.quarrels]
    if any(map(_weighs, quarrels)) or any(one.is_suspected for _, one in paid):
        return True
    if not quarrels:
        return False
    was_lost = any(quarrel.status == "lost" for quarrel in quarrels)
    return None if could_owe or was_lost else False


def _weighs(quarrel: Quarrel) -> bool:
    if quarrel.taken_minor == 0 and quarrel.was_returned:
        return False
    return quarrel.taken_minor > 0 or quarrel.status not in ENDINGS or quarrel.status == "lost"


def _went_beyond(paid: list[tuple[Order, Said]]) -> bool:
    return any(one.most_back_minor > order.amount_minor for order, one in paid)
