"""One history: a customer, its top-ups, and what people and banks do to them, step by step from a seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.drills.payments.providers import Providers
from tests.drills.payments.shop import Shop
from tests.drills.payments.terms import ALIPAY, STRIPE, Conditions, Order, Person, Tale

Work = Callable[..., str]
MOST_TOP_UPS = 3
MOST_STEPS = 9


@dataclass(slots=True)
class Tools:
    """What every history of a round uses; `work` asks our workers, `author_id` is an operator."""

    providers: Providers
    shop: Shop
    work: Work
    author_id: UUID


@dataclass(slots=True)
class History:
    """Steps are drawn blindly: what makes no sense is refused by the provider or by us, as in life."""

    number: int
    person: Person
    tools: Tools
    terms: Conditions
    dice: random.Random
    tale: Tale = field(init=False)
    left: int = field(init=False)
    disputes: dict[str, str] = field(default_factory=dict)
    refunds: list[str] = field(default_factory=list)
    disputed_minor: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tale = Tale(self.number, self.person)
        self.left = self.dice.randint(3, MOST_STEPS)

    def step(self) -> None:
        """Take one step; the first buys something."""
        self.left -= 1
        self.tale.steps += 1
        orders = self.tale.orders
        if not orders or (len(orders) < MOST_TOP_UPS and self.dice.random() < 0.25):
            self._buy()
        else:
            order = self.dice.choice(orders)
            acts = _STRIPES if order.provider == STRIPE else _ALIPAYS
            names, weights = zip(*acts.items(), strict=True)
            name = self.dice.choices(names, weights)[0]
            self._tell(name, order, getattr(self, f"_{name}")(order))

    def end(self) -> None:
        """Banks decide on most of what they have not, and people pay what we gave up long ago."""
        for order in self.tale.orders:
            if order.provider == ALIPAY and self.dice.random() < 0.5:
                self._tell("pay late", order, self._act(order, "pay"))
            if order.provider == STRIPE and self.dice.random() < 0.8:
                self._tell("settle late", order, self._settle(order))
        for refund in self.refunds:
            if self.dice.random() < 0.8:
                self.tools.providers.act(STRIPE, "settle_refund", refund=refund)

    def _buy(self) -> None:
        provider = self.dice.choice([STRIPE, STRIPE, ALIPAY])
        method = "checkout" if provider == STRIPE else self.dice.choice(["page", "qr"])
        least, most = (500, 20_000) if provider == STRIPE else (3_500, 140_000)
        key = f"history-{self.number}-{self.tale.steps}"
        amount = self.dice.randint(least, most)
        order = self.tools.shop.buy(self.person, provider, method, amount, key=key, terms=self.terms)
        if order is None:
            self.tale.told.append(f"buy {amount} with {provider}: refused")
            return
        self.tale.orders.append(order)
        opened = self.tools.shop.open_page(order)
        self._tell(f"buy {amount} {method} opened={opened}", order, None)

    def _pay(self, order: Order) -> object:
        if order.provider == ALIPAY:
            return self._act(order, "pay")
        return self._act(order, "complete", how="pay")

    def _decline(self, order: Order) -> object:
        return self._act(order, "complete", how="decline")

    def _pay_later(self, order: Order) -> object:
        if order.provider == ALIPAY:
            return self._act(order, "scan")
        return self._act(order, "complete", how="pay_later")

    def _settle(self, order: Order) -> object:
        return self._act(order, "settle", succeeds=self.dice.random() < 0.7)

    def _end(self, order: Order) -> object:
        return self._act(order, "expire" if order.provider == STRIPE else "close")

    def _finish(self, order: Order) -> object:
        return self._act(order, "finish")

    def _refund_theirs(self, order: Order) -> object:
        part = self._part(order)
        if order.provider == STRIPE:
            status = self.dice.choice([None, "pending"])
            made = self._act(order, "refund", amount=part, status=status)
            if made:
                self.refunds.append(str(made["id"]))
            return made
        # Alipay tells of a part that was refunded on its own pages in this one message, and nowhere else.
        drop = self.tools.providers.faults.get("drop", 0.0)
        self.tools.providers.post(ALIPAY, "faults", drop=0.0)
        amount = {"amount": f"{part / 100:.2f}"} if part else {}
        made = self._act(order, "refund", **amount)
        self.tools.providers.post(ALIPAY, "faults", drop=drop)
        return made

    def _refund_ends(self, order: Order) -> object:
        if not self.refunds:
            return None
        name = self.dice.choice(["settle_refund", "fail_refund"])
        return self.tools.providers.act(STRIPE, name, refund=self.dice.choice(self.refunds))

    def _refund_ours(self, order: Order) -> object:
        part = self._part(order) or order.amount_minor
        return self.tools.work(
            "refund",
            customer_id=str(self.person.customer_id),
            top_up_id=str(order.top_up_id),
            refund_id=str(UUID(int=self.dice.getrandbits(128), version=4)),
            amount_minor=part,
            author_id=str(self.tools.author_id),
        )

    def _dispute(self, order: Order) -> object:
        inquiry = self.dice.random() < 0.3
        made = self._act(order, "dispute", amount=self._part(order), inquiry=inquiry)
        if made:
            self.disputes[str(made["id"])] = "open"
        return made

    def _withdraw(self, order: Order) -> object:
        return self._on_dispute("withdraw")

    def _reinstate(self, order: Order) -> object:
        return self._on_dispute("reinstate", return_fee=self.dice.random() < 0.5)

    def _close(self, order: Order) -> object:
        status = self.dice.choice(["won", "lost", "warning_closed", "prevented"])
        return self._on_dispute("close", status=status)

    def _fraud_warning(self, order: Order) -> object:
        return self._act(order, "fraud_warning")

    def _spend(self, order: Order) -> object:
        amount = self.dice.randint(1, order.credit_nanos)
        answer = self.tools.work(
            "spend",
            customer_id=str(self.person.customer_id),
            amount_nanos=amount,
            effect_key=f"spent:{self.number}:{self.tale.steps}",
            author_id=str(self.tools.author_id),
        )
        if answer == "gone":
            self.tale.spent_nanos += amount
        return f"{answer} {amount}"

    def _look(self, order: Order) -> object:
        ids = {"customer_id": str(self.person.customer_id), "top_up_id": str(order.top_up_id)}
        return self.tools.work("look", **ids)

    def _on_dispute(self, name: str, **body: Any) -> object:
        if not self.disputes:
            return None
        return self.tools.providers.act(STRIPE, name, dispute=self.dice.choice(list(self.disputes)), **body)

    def _act(self, order: Order, name: str, **body: Any) -> dict[str, Any] | None:
        named = "reference" if order.provider == STRIPE else "out_trade_no"
        return self.tools.providers.act(order.provider, name, **{named: order.reference}, **body)

    def _part(self, order: Order) -> int | None:
        """None stands for all that is left."""
        return None if self.dice.random() < 0.4 else self.dice.randint(1, order.amount_minor)

    def _tell(self, name: str, order: Order, answer: object) -> None:
        said = answer.get("id", "done") if isinstance(answer, dict) else answer
        self.tale.told.append(f"{name} {order.provider} {order.reference[-6:]}: {said}")


_STRIPES = {
    "pay": 8,
    "decline": 2,
    "pay_later": 2,
    "settle": 3,
    "end": 1,
    "refund_theirs": 3,
    "refund_ends": 3,
    "refund_ours": 3,
    "dispute": 2,
    "withdraw": 3,
    "reinstate": 2,
    "close": 2,
    "fraud_warning": 0.5,
    "spend": 2,
    "look": 1,
}
_ALIPAYS = {
    "pay": 8,
    "pay_later": 2,
    "end": 1,
    "finish": 0.5,
    "refund_theirs": 3,
    "refund_ours": 4,
    "spend": 2,
    "look": 1,
}
