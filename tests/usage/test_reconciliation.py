"""Reconciliation of usage: each kind of discrepancy is found once, and goes when its cause does."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from billing.services.holds import end
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.errors import AlreadyResolved, NotFound, Unacceptable
from usage.models import Discrepancy, ReconciliationRun
from usage.services import quarantine
from usage.services.corrections import evidence
from usage.services.reconciliation import discrepancies, run
from usage.services.reconciliation.run import Period

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _model() -> None:
    cast.model(web_search=4_000_000)


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


def used(who: cast.Player, request_id: UUID | None = None, **what: Any) -> UUID:
    sent = cast.report(who, request_id, **what)
    cast.send(sent)
    cast.settle()
    return sent.request_id


def held(who: cast.Player, **what: Any) -> UUID:
    return used(who, cast.hold(who, tokens_in=100, out=100).request_id, **what)


def reconcile() -> ReconciliationRun:
    now = timezone.now() + HOUR
    return run.reconcile(Period(now - 3 * HOUR, now), now=now)


def opened() -> Counter[str]:
    reconcile()
    return Counter(Discrepancy.objects.filter(resolved_at=None).values_list("kind", flat=True))


def expired(who: cast.Player) -> UUID:
    hold = cast.hold(who, out=100)
    end.expire(now=hold.expires_at)
    return hold.request_id


def unheld(who: cast.Player) -> UUID:
    return used(who, output=7)


def too_long(who: cast.Player) -> UUID:
    return held(who, output=101)


def too_much_input(who: cast.Player) -> UUID:
    return held(who, input=60, cache_write_1h=41)


def searched(who: cast.Player) -> UUID:
    return held(who, web_search=1)


def dearer(who: cast.Player) -> UUID:
    return held(who, output=7, reported_cost=7 * OUTPUT_TOKEN + 1)


def repeated(who: cast.Player) -> UUID:
    request_id = held(who, output=7)
    cast.send(cast.report(who, request_id, output=10))
    evidence.correct(now=timezone.now())
    return request_id


def refused(who: cast.Player) -> UUID:
    sent = cast.report(who, output=7, model="claude-unknown")
    cast.send(sent)
    return sent.request_id


FOUND: list[tuple[Callable[[cast.Player], UUID], str, int | None]] = [
    (expired, "hold_without_usage", 100 * OUTPUT_TOKEN),
    (unheld, "usage_without_hold", 7 * OUTPUT_TOKEN),
    (too_long, "above_bounds", 0),
    (too_much_input, "above_bounds", 0),
    (searched, "above_bounds", 0),
    (dearer, "reported_cost_differs", 1),
    (repeated, "conflict", 3 * OUTPUT_TOKEN),
    (refused, "quarantined", None),
]


class TestReconcile:
    @pytest.mark.parametrize(("deed", "kind", "amount"), FOUND)
    def test_finds_each_kind_once(
        self, alice: cast.Player, deed: Callable[[cast.Player], UUID], kind: str, amount: int | None
    ):
        held(alice, output=7, reported_cost=7 * OUTPUT_TOKEN)
        request_id = deed(alice)
        for _ in range(3):
            assert opened() == {kind: 1}
        found = Discrepancy.objects.get()
        assert (found.request_id, found.amount_nanos) == (request_id, amount)
        assert found.gateway_id == cast.gateway().id

    def test_finds_nothing_where_all_agrees(self, alice: cast.Player):
        held(alice, input=50, cache_read=50, output=100)
        cast.hold(alice)
        cast.release(cast.hold(alice))
        waiting = cast.hold(alice, ttl_s=60)
        cast.send(cast.report(alice, waiting.request_id, output=1))
        assert opened() == {}

    def test_says_what_went_beyond_the_hold(self, alice: cast.Player):
        hold = cast.hold(alice, out=100)
        used(alice, hold.request_id, output=150)
        opened()
        assert Discrepancy.objects.get().amount_nanos == 50 * OUTPUT_TOKEN

    def test_lists_a_meter_without_a_price_until_it_has_one(self, alice: cast.Player):
        cast.model("plain")
        request_id = used(alice, model="plain", web_search=3)
        assert opened() == {"meter_not_priced": 1, "usage_without_hold": 1}
        assert Discrepancy.objects.get(kind="meter_not_priced").request_id == request_id

    def test_closes_what_is_gone_whatever_its_time(self, alice: cast.Player):
        request_id = expired(alice)
        assert opened() == {"hold_without_usage": 1}
        used(alice, request_id, output=7)

        later = timezone.now() + timedelta(days=3)
        run.reconcile(Period(later - HOUR, later), now=later)

        kinds = dict(Discrepancy.objects.values_list("kind", "resolved_at"))
        assert kinds == {"hold_without_usage": later, "usage_without_hold": None}
        assert Discrepancy.objects.get(kind="hold_without_usage").resolved_by is None

    def test_opens_again_what_came_back(self, alice: cast.Player):
        expired(alice)
        reconcile()
        Discrepancy.objects.update(resolved_at=timezone.now(), resolution=run.GONE)
        assert opened() == {"hold_without_usage": 1}

    def test_leaves_an_answered_one_closed(self, alice: cast.Player):
        expired(alice)
        reconcile()
        answer(alice)
        assert opened() == {}
        assert Discrepancy.objects.get().resolution == "the gateway lost it"

    def test_drops_a_conflict_that_better_evidence_settled(self, alice: cast.Player):
        request_id = held(alice, output=7, evidence="estimated", reported_cost=1)
        cast.send(cast.report(alice, request_id, output=8))
        assert opened() == {"conflict": 1, "reported_cost_differs": 1}
        evidence.correct(now=timezone.now())
        assert opened() == {}

    def test_drops_a_quarantined_event_that_was_answered(self, alice: cast.Player):
        refused(alice)
        assert opened() == {"quarantined": 1}
        [event] = quarantine.waiting()
        quarantine.resolve(event_id=event, reason="no such model", now=timezone.now())
        assert opened() == {}

    def test_counts_a_request_with_its_corrections(self, alice: cast.Player):
        request_id = held(alice, output=7, evidence="estimated")
        cast.send(cast.report(alice, request_id, output=101, reported_cost=101 * OUTPUT_TOKEN + 4))
        evidence.correct(now=timezone.now())
        assert opened() == {"above_bounds": 1, "reported_cost_differs": 1}
        assert Discrepancy.objects.get(kind="reported_cost_differs").amount_nanos == 4

    def test_keeps_a_run(self, alice: cast.Player):
        expired(alice)
        done = reconcile()
        assert done.found == {"hold_without_usage": 1}
        assert done.finished_at == done.started_at


class TestPeriod:
    def test_begins_at_the_whole_window_and_goes_on_from_the_last_run(self):
        now = timezone.now()
        assert run.since_last_run(now=now) == Period(now - run.LONGEST, now - run.GRACE)
        run.reconcile(Period(now - HOUR, now), now=now)
        later = now + 5 * HOUR
        assert run.since_last_run(now=later) == Period(now - run.OVERLAP, later - run.GRACE)

    def test_leaves_other_requests_out(self, alice: cast.Player):
        request_id = expired(alice)
        at = timezone.now() + HOUR
        run.reconcile(Period(at, at + HOUR), now=at + HOUR)
        assert not Discrepancy.objects.exists()
        assert request_id

    @pytest.mark.parametrize("hours", [0, 1, 24 * 365 * 100])
    def test_refuses_what_is_none(self, hours: int):
        now = timezone.now()
        with pytest.raises(Unacceptable):
            Period(now + hours * HOUR if hours < 2 else now - hours * HOUR, now)


def answer(who: cast.Player, **changes: Any) -> Discrepancy:
    what: dict[str, Any] = {
        "discrepancy_id": Discrepancy.objects.get().id,
        "user_id": who.customer.members.get().id,
        "resolution": " the gateway lost it ",
        "now": timezone.now(),
    }
    return discrepancies.answer(**(what | changes))


class TestAnswer:
    @pytest.fixture(autouse=True)
    def _found(self, alice: cast.Player):
        expired(alice)
        reconcile()

    def test_closes_it_with_who_and_why(self, alice: cast.Player):
        answered = answer(alice)
        assert answered.resolved_by_id == alice.customer.members.get().id
        assert (answered.resolution, answered.resolved_at is None) == ("the gateway lost it", False)

    def test_is_given_once(self, alice: cast.Player):
        answer(alice)
        with pytest.raises(AlreadyResolved):
            answer(alice)

    def test_needs_a_reason_and_a_discrepancy(self, alice: cast.Player):
        with pytest.raises(Unacceptable):
            answer(alice, resolution=" ")
        with pytest.raises(NotFound):
            answer(alice, discrepancy_id=0)
