"""A round: histories side by side, in a drawn order, under the same conditions, and what came of them."""

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.drills.payments import compare, model, people, said, stored
from tests.drills.payments.history import History, Tools
from tests.drills.payments.shop import Shop
from tests.drills.payments.terms import ALIPAY, STRIPE, Conditions
from tests.drills.payments.world import World

MOST_FLUSHES = 12
KILL_WITHIN_MS = 120
# Longer than the lease of a message, than Alipay's orders, and than Stripe's sessions live.
_MOMENTS = (timedelta(minutes=2), timedelta(hours=3), timedelta(hours=26))
_LATER = (timedelta(hours=28), timedelta(hours=60))


@dataclass(frozen=True, slots=True)
class Cast:
    """What all rounds share."""

    world: World
    http: httpx.Client
    author_id: UUID
    seed: int


@dataclass(slots=True)
class Told:
    """What a round came to; `kills` are those of our web process."""

    histories: int = 0
    steps: int = 0
    kills: int = 0
    credited_nanos: int = 0
    violations: list[str] = field(default_factory=list)


class Round:
    """Some histories at once, step by step in a drawn order, under the same conditions."""

    def __init__(self, cast: Cast, numbers: range) -> None:
        self.world, self.seed = cast.world, cast.seed
        self.dice = random.Random(f"{cast.seed}/round/{numbers[0]}")
        self.terms = draw_conditions(self.dice)
        self.web_kills = 0
        self.now = datetime.now(UTC)
        self.kills_web_at = self.dice.randint(1, 3 * len(numbers)) if self.terms.kills else 0
        shop = Shop(cast.world.url, cast.http)
        tools = Tools(cast.world.providers, shop, self.work, cast.author_id)
        people.offer(self.terms, now=self.now)
        self.histories = [
            History(
                number=number,
                person=people.sign_up(f"customer-{cast.seed}-{number}", now=self.now),
                tools=tools,
                terms=self.terms,
                dice=random.Random(f"{cast.seed}/{number}"),
            )
            for number in numbers
        ]

    def tell(self) -> Told:
        """Tell all of it and return where our books are not as the model says."""
        providers = self.world.providers
        providers.begin(f"{self.seed}/{self.histories[0].number}", self.terms.faults)
        taken = 0
        while unfinished := [history for history in self.histories if history.left]:
            self.dice.choice(unfinished).step()
            taken += 1
            self._meanwhile(taken)
        providers.behave()
        self._settle_down(_MOMENTS)
        for history in self.histories:
            history.end()
        self._settle_down(_LATER)
        return self._compare()

    def work(self, name: str, **order: Any) -> str:
        """Have a worker do something, in a process that may be killed a time or two before it is done."""
        kills: list[int] = []
        while self.terms.kills and len(kills) < 2 and self.dice.random() < 0.25:
            kills.append(self.dice.randint(5, KILL_WITHIN_MS))
        order.setdefault("now", datetime.now(UTC))
        return self.world.workers.do(name, kill_after_ms=kills, **order)

    def _meanwhile(self, taken: int) -> None:
        """Messages arrive, workers work, a process dies."""
        if taken == self.kills_web_at:
            self._flush_and_kill()
        elif self.dice.random() < 0.3:
            self.world.providers.flush(self.dice.choice([STRIPE, ALIPAY]))
        if self.terms.polls and self.dice.random() < 0.06:
            self.work("ask", now=datetime.now(UTC) + timedelta(seconds=self.dice.randint(0, 90)))
        if self.dice.random() < 0.04:
            self.work("handle", now=datetime.now(UTC) + timedelta(seconds=self.dice.randint(0, 60)))

    def _flush_and_kill(self) -> None:
        flushing = threading.Thread(target=self._flush_all)
        flushing.start()
        flushing.join(timeout=self.dice.random() / 2)
        self.world.kill_web()
        self.web_kills += 1
        flushing.join()
        self.world.wait_for_web()

    def _flush_all(self) -> int:
        return sum(self.world.providers.flush(name) for name in (STRIPE, ALIPAY))

    def _settle_down(self, moments: tuple[timedelta, ...]) -> None:
        """Hear everything, then let time pass for our workers, and hear what that brought about."""
        if self.terms.time_passes:
            self._set_clocks(moments[-1])
        for moment in moments:
            self._flush_until_heard()
            self.work("handle", now=self.now + moment)
            if self.dice.random() < 0.3:
                self.work("sweep")
            self.work("ask", now=self.now + moment)
        self._flush_until_heard()
        # What a killed worker had taken is free again after its lease; this time nobody dies.
        for name in ("handle", "ask"):
            self.world.workers.do(name, now=self.now + moments[-1] + timedelta(hours=1), kill_after_ms=[])
        self._set_clocks(timedelta(0))

    def _flush_until_heard(self) -> None:
        for _ in range(MOST_FLUSHES):
            if not self._flush_all():
                return

    def _set_clocks(self, offset: timedelta) -> None:
        for name in (STRIPE, ALIPAY):
            self.world.providers.post(name, "clock", offset_s=offset.total_seconds())

    def _compare(self) -> Told:
        told = said.read(self.world.providers)
        books = stored.read([history.person.customer_id for history in self.histories])
        done = Told(histories=len(self.histories), kills=self.web_kills)
        for tale in (history.tale for history in self.histories):
            mine = books[tale.person.customer_id]
            done.steps += tale.steps
            done.credited_nanos += sum(row.credit_nanos for row in mine.top_ups if row.state == "paid")
            if found := list(compare.differences(model.expect(tale, told), mine)):
                listed = "".join(f"\n    {step}" for step in tale.told)
                text = "".join(f"\n  {each}" for each in found)
                done.violations.append(f"history {tale.number}, {self.terms}:{listed}{text}")
        for left in stored.left_events():
            done.violations.append(f"round of history {self.histories[0].number}: in the inbox: {left}")
        return done


def draw_conditions(dice: random.Random) -> Conditions:
    faults: dict[str, float] = {
        "duplicate": dice.choice([0.0, 0.2, 0.6]),
        "reorder": dice.choice([0.0, 0.5, 1.0]),
        "drop": dice.choice([0.0, 0.0, 0.3, 1.0]),
        "refuse": dice.choice([0.0, 0.0, 0.05]),
        "cut": dice.choice([0.0, 0.0, 0.03]),
        "parallel": dice.choice([1, 2, 4]),
    }
    has_bonus = dice.random() < 0.35
    return Conditions(
        faults=faults,
        # With a bonus whole nanos, so that its parts lapse without rounding.
        rate_micros=8_000_000 if has_bonus else dice.randint(6_500_000, 7_800_000),
        bonus_ppm=100_000 if has_bonus else 0,
        polls=dice.random() < 0.5,
        time_passes=dice.random() < 0.5,
        kills=dice.random() < 0.6,
    )
