"""The turn of a period: counters begin anew by themselves, and a key that was cut off alone works again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing.errors import Refused
from billing.models import Hold, KeyEvent, KeySpend, Outbox
from billing.services import credits, cut_offs, key_periods, key_states, publisher
from billing.services.holds import end, extend
from billing.services.key_states import KeyState
from catalog.models import LanguageModel
from catalog.rating import Bounds
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()
MIDNIGHT = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
YESTERDAY = TODAY - timedelta(days=1)
BEFORE, AFTER = MIDNIGHT - timedelta(minutes=1), MIDNIGHT + timedelta(minutes=1)
LIMIT = 10_000


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice(model: LanguageModel) -> Player:
    """A key that may spend 10,000 output tokens a day, and has been limited since yesterday."""
    alice = cast.player("Alice", 10 * USD)
    cast.limit(alice, LIMIT * OUTPUT_TOKEN, "day", now=BEFORE)
    return alice


def hold(who: Player, at: datetime, out: int = 1000, *, now: datetime | None = None, **changes: Any) -> Any:
    """Place a hold for a request minted at `at`; `now` is our own clock."""
    return cast.hold(who, now=now or at, request_id=cast.id_at(at), out=out, **changes)


def use(who: Player, at: datetime, output: int, *, now: datetime | None = None) -> None:
    cast.send(cast.report(who, cast.id_at(at), output=output), now=now or at)
    cast.settle(now=now or at)


def code(who: Player, at: datetime, out: int = 1000, **changes: Any) -> str:
    with pytest.raises(Refused) as caught:
        hold(who, at, out, **changes)
    return caught.value.code


def counter() -> tuple[object, int, int]:
    """The period that counts, and the output tokens spent and held in it."""
    row = KeySpend.objects.get()
    return row.period_start, row.spent_nanos // OUTPUT_TOKEN, row.held_nanos // OUTPUT_TOKEN


def state(who: Player, now: datetime) -> KeyState:
    return key_states.get(who.digest, now=now)


class TestTurn:
    def test_comes_with_the_first_hold_of_a_new_period(self, alice: Player):
        hold(alice, BEFORE, LIMIT)
        assert code(alice, BEFORE) == "key_limit_reached"

        hold(alice, AFTER, LIMIT)
        assert counter() == (TODAY, 0, LIMIT)

    def test_comes_with_a_clamped_hold(self, alice: Player):
        hold(alice, BEFORE, LIMIT)
        assert hold(alice, AFTER, 2 * LIMIT, min_output=1).max_output == LIMIT
        assert counter() == (TODAY, 0, LIMIT)

    def test_comes_with_the_first_usage_of_a_new_period(self, alice: Player):
        use(alice, BEFORE, 3000)
        assert counter() == (YESTERDAY, 3000, 0)
        use(alice, AFTER, 2000)
        assert counter() == (TODAY, 2000, 0)

    def test_leaves_what_ran_before_to_the_period_before(self, alice: Player):
        held = hold(alice, BEFORE, 4000)
        hold(alice, AFTER, 1000)

        cast.send(cast.report(alice, held.request_id, output=3000), now=AFTER)
        cast.settle(now=AFTER)

        assert counter() == (TODAY, 0, 1000)
        assert Hold.objects.get(request_id=held.request_id).key_period_start == YESTERDAY

    def test_does_not_let_old_request_ids_past_the_limit(self, alice: Player):
        """Of gateways whose clocks differ, some still mint yesterday's ids: their holds count today."""
        hold(alice, AFTER, 6000)
        hold(alice, BEFORE, 4000, now=AFTER)
        assert counter() == (TODAY, 0, LIMIT)
        assert code(alice, BEFORE, now=AFTER) == "key_limit_reached"

    def test_never_goes_back(self, alice: Player):
        use(alice, AFTER, 2000)
        use(alice, BEFORE, 3000, now=AFTER)
        assert counter() == (TODAY, 2000, 0)

    def test_ends_what_an_older_hold_may_grow_without_counting_it(self, alice: Player):
        held = hold(alice, BEFORE, 4000)
        hold(alice, AFTER, 9000)

        def extend_to(out: int) -> None:
            extend.hold(
                request_id=held.request_id,
                gateway_id=cast.gateway().id,
                bounds=Bounds(0, out),
                expires_at=AFTER + timedelta(hours=1),
                now=AFTER,
            )

        with pytest.raises(Refused):
            extend_to(5001)
        extend_to(5000)
        assert counter() == (TODAY, 0, 9000)
        end.expire(now=AFTER + timedelta(hours=2))
        assert counter() == (TODAY, 0, 0)


class TestCutOff:
    def test_comes_when_the_limit_is_spent_and_publishes_when_it_ends(self, alice: Player):
        use(alice, BEFORE, LIMIT - 100)
        publisher.publish(now=BEFORE)

        reached = state(alice, BEFORE)
        assert (reached.state, reached.since, reached.resumes_at) == ("limit_reached", BEFORE, MIDNIGHT)
        published = KeyEvent.objects.latest("position").state
        assert published == reached.as_json()
        assert alice.wallet().cut_off_at is None

    def test_does_not_come_because_of_running_holds(self, alice: Player):
        hold(alice, BEFORE, LIMIT)
        assert state(alice, BEFORE).state == "active"

    def test_refuses_the_smallest_hold(self, alice: Player):
        use(alice, BEFORE, LIMIT - 100)
        assert code(alice, BEFORE, out=1) == "key_limit_reached"

    def test_is_over_at_the_turn_before_anybody_works(self, alice: Player):
        use(alice, BEFORE, LIMIT)
        assert state(alice, MIDNIGHT - timedelta(microseconds=1)).state == "limit_reached"
        now = state(alice, MIDNIGHT)
        assert (now.state, now.since, now.resumes_at) == ("active", None, None)
        assert now.limit
        assert (now.limit.period_start, now.limit.spent_nanos) == (TODAY, 0)

    def test_ends_with_a_hold_of_the_next_period_and_is_published(self, alice: Player):
        use(alice, BEFORE, LIMIT)
        version = alice.wallet().state_version
        hold(alice, AFTER)
        assert alice.wallet().state_version == version + 1
        assert Outbox.objects.filter(state_version=version + 1).exists()

    def test_yields_to_what_the_customer_is_refused_for(self, alice: Player):
        use(alice, BEFORE, LIMIT)
        credits.adjust(
            customer_id=alice.id,
            amount_nanos=-alice.wallet().available_nanos,
            reason="for the test",
            author_id=alice.customer.members.get().id,
            effect_key="adjust:1",
            now=BEFORE,
        )
        now = state(alice, BEFORE)
        assert (now.state, now.resumes_at) == ("cut_off", None)

    def test_of_a_total_never_ends_by_itself(self, alice: Player):
        cast.limit(alice, LIMIT * OUTPUT_TOKEN, "total", now=BEFORE)
        use(alice, BEFORE, LIMIT)
        assert key_periods.turn_all(now=AFTER) == 0
        later = state(alice, BEFORE + timedelta(days=400))
        assert (later.state, later.resumes_at) == ("limit_reached", None)

    def test_follows_a_change_of_the_rule(self, alice: Player, settings: Settings):
        use(alice, BEFORE, LIMIT - 300)
        settings.CUT_OFF_BELOW_NANOS = 300 * OUTPUT_TOKEN + 1
        assert cut_offs.judge_all(now=BEFORE) == 1
        assert state(alice, BEFORE).state == "limit_reached"

        settings.CUT_OFF_BELOW_NANOS = 300 * OUTPUT_TOKEN
        assert cut_offs.judge_all(now=BEFORE) == 1
        assert state(alice, BEFORE).state == "active"


class TestTurnAll:
    def test_lets_keys_work_again_at_the_turn(self, alice: Player):
        use(alice, BEFORE, LIMIT)
        publisher.publish(now=BEFORE)
        version = alice.wallet().state_version

        assert key_periods.turn_all(now=BEFORE) == 0
        assert key_periods.turn_all(now=AFTER) == 1
        publisher.publish(now=AFTER)

        published = KeyEvent.objects.latest("position").state
        assert (published["state"], published["state_version"]) == ("active", version + 1)
        assert counter() == (TODAY, 0, 0)
        assert key_periods.turn_all(now=AFTER) == 0

    def test_publishes_the_next_period_of_a_limit_that_allows_nothing(self, alice: Player):
        cast.limit(alice, 0, "day", now=BEFORE)
        assert key_periods.turn_all(now=AFTER) == 1
        assert key_periods.turn_all(now=AFTER) == 0
        now = state(alice, AFTER)
        assert (now.state, now.since, now.resumes_at) == ("limit_reached", AFTER, None)
