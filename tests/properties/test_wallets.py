"""Any story of a wallet ends as a few lines of Python say, and no constraint is ever reached."""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from accounts.models import User
from billing.errors import Refused, RequestConflict, Unacceptable
from billing.models import CreditLot
from billing.services import credits, lots
from billing.services.holds import end, extend
from billing.services.holds.requests import HoldAnswer
from catalog.rating import Bounds
from tests import cast
from tests.audit_fixture import broken
from tests.cast import OUTPUT_TOKEN
from tests.properties.model import ModelHold, ModelWallet

pytestmark = pytest.mark.django_db

tokens = st.one_of(st.integers(0, 1200), st.sampled_from([200, 400, 500, 1000]))
some_tokens = tokens.filter(bool)
nth = st.integers(0, 7)
steps = st.one_of(
    st.tuples(st.just("grant"), some_tokens, st.sampled_from([math.inf, 60, 300, 1000])),
    st.tuples(st.just("adjust"), some_tokens, st.booleans()),
    st.tuples(st.just("hold"), tokens, st.sampled_from([60, 200, 900])),
    st.tuples(st.just("hold"), tokens, st.sampled_from([60, 200, 900])),
    st.tuples(st.just("extend"), nth, tokens),
    st.tuples(st.just("release"), nth, st.none()),
    st.tuples(st.just("report"), nth, tokens),
    st.tuples(st.just("report"), st.none(), tokens),
    st.tuples(st.just("settle"), st.none(), st.none()),
    st.tuples(st.just("expire"), st.none(), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 240]), st.none()),
)
stories = st.lists(steps, min_size=5, max_size=40)


class Story:
    """One customer in the service and in the model; each step does the same to both."""

    def __init__(self, name: str) -> None:
        self.who = cast.player(name)
        self.author_id = User.objects.get(email=f"{name.lower()}@example.com").id
        self.model = ModelWallet()
        self.began = timezone.now()
        self.second = 0
        self.placed: list[tuple[HoldAnswer, ModelHold]] = []
        self.waiting: list[tuple[ModelHold | None, int]] = []
        self.reported: set[int] = set()

    @property
    def now(self):
        return self.began + timedelta(seconds=self.second)

    def step(self, verb: str, *arguments: Any) -> None:
        self.second += 1
        act: Callable[..., None] = getattr(self, verb)
        act(*arguments)
        self.compare()

    def grant(self, amount: int, lasts: float) -> None:
        never = math.isinf(lasts)
        credits.grant(
            customer_id=self.who.id,
            amount_nanos=amount * OUTPUT_TOKEN,
            reason="test",
            effect_key=f"grant:{uuid7()}",
            now=self.now,
            expires_at=None if never else self.now + timedelta(seconds=lasts),
        )
        self.model.credit(amount * OUTPUT_TOKEN, is_bought=False, expires=self.second + lasts)

    def adjust(self, amount: int, up: bool) -> None:
        nanos = amount * OUTPUT_TOKEN
        try:
            credits.adjust(
                customer_id=self.who.id,
                amount_nanos=nanos if up else -nanos,
                reason="test",
                author_id=self.author_id,
                effect_key=f"adjust:{uuid7()}",
                now=self.now,
            )
            done = True
        except Unacceptable:
            done = False
        if up:
            self.model.credit(nanos, is_bought=True, expires=math.inf)
        assert done == (up or self.model.correct_down(nanos))

    def hold(self, out: int, ttl_s: int) -> None:
        expected = self.model.place(out * OUTPUT_TOKEN, self.second + ttl_s)
        request_id = cast.id_at(self.now)
        try:
            held = cast.hold(self.who, now=self.now, out=out, ttl_s=ttl_s, request_id=request_id)
            self.placed.append((held, self.model.holds[-1]))
            outcome = held.state
        except Refused as refused:
            outcome = refused.code
        assert outcome == expected

    def extend(self, number: int, out: int) -> None:
        if number >= len(self.placed):
            return
        held, model_hold = self.placed[number]
        expected = self.model.extend(model_hold, out * OUTPUT_TOKEN, self.second + 300)
        try:
            extended = extend.hold(
                request_id=held.request_id,
                gateway_id=cast.gateway().id,
                bounds=Bounds(0, out),
                expires_at=self.now + timedelta(seconds=300),
                now=self.now,
            )
            outcome = extended.state
        except (Refused, RequestConflict) as refused:
            outcome = refused.code
        assert outcome == expected

    def release(self, number: int, _: None) -> None:
        if number >= len(self.placed) or number in self.reported:
            return
        held, model_hold = self.placed[number]
        cast.release(held, now=self.now)
        self.model.release(model_hold)

    def report(self, number: int | None, out: int) -> None:
        """Usage of a hold, at most once, or of no hold."""
        request_id, model_hold = cast.id_at(self.now), None
        if number is not None:
            if number >= len(self.placed) or number in self.reported:
                return
            self.reported.add(number)
            held, model_hold = self.placed[number]
            request_id = held.request_id
        cast.send(cast.report(self.who, request_id, output=out), now=self.now)
        self.waiting.append((model_hold, out * OUTPUT_TOKEN))

    def settle(self, *_: None) -> None:
        settled = cast.settle(now=self.now)
        assert settled.charges == len(self.waiting)
        if self.waiting:
            self.model.settle(self.waiting)
        self.waiting = []

    def expire(self, *_: None) -> None:
        assert end.expire(now=self.now) == self.model.expire_holds(self.second)
        assert lots.expire(now=self.now) == self.model.expire_lots(self.second)

    def wait(self, seconds: int, _: None) -> None:
        self.second += seconds

    def compare(self) -> None:
        wallet, model = self.who.wallet(), self.model
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (
            model.balance,
            model.held,
            model.debt,
        )
        assert (wallet.cut_off_at is not None) == model.is_cut_off
        left = CreditLot.objects.filter(customer_id=self.who.id).order_by("created_at", "id")
        assert list(left.values_list("remaining_nanos", flat=True)) == [lot.remaining for lot in model.lots]


@pytest.fixture(autouse=True)
def _model() -> None:
    cast.model()


class TestAnyStory:
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(stories)
    def test_of_a_wallet_ends_as_the_model_says(self, story: list[tuple[Any, ...]]):
        with transaction.atomic():
            told = Story("Alice")
            for step in story:
                told.step(*step)
            told.step("settle", None, None)
            assert broken() == {}
            transaction.set_rollback(True)
