"""Messages that are not handled at once: leased, tried again with pauses, given up, put back, answered."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from billing.errors import NotFound, Unacceptable
from billing.models import EventState, ProviderEvent, TopUp
from billing.services.top_ups import events, inbox
from billing.services.top_ups.inbox import LEASE, NotInQuarantine, Stored
from tests import cast
from tests.billing.top_ups.purchases import again, begin, books
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


def store(stripe: StandIn, top_up: TopUp, *, now: datetime, **said: str) -> Stored:
    body, headers = stripe.message(object_id=top_up.object_id, **said)
    message = stripe.read_message(body, headers, now=now)
    return inbox.store(provider="stripe", message=message, body=body, headers=headers, now=now)


class TestHandleDue:
    def test_takes_over_what_a_web_process_died_with(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        now = timezone.now()
        stored = store(stripe, top_up, now=now)
        assert (stored.is_new, stored.is_ours) == (True, True)

        assert events.handle_due(now=now + LEASE / 2) == 0
        assert events.handle_due(now=now + LEASE) == 1
        assert books(alice) == (20 * USD, 1, 1)
        assert events.handle_due(now=now + 10 * LEASE) == 0

    def test_pauses_longer_and_longer_and_gives_up_in_the_end(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        now = timezone.now()
        stored = store(stripe, top_up, now=now)
        stripe.is_away = True
        due = now + LEASE
        pauses: list[timedelta] = []
        while (event := ProviderEvent.objects.get(id=stored.event_id)).state == EventState.WAITING:
            assert event.next_try_at is not None
            pauses.append(event.next_try_at - due)
            due = max(due, event.next_try_at)
            assert events.handle_due(now=due) == 1
        assert pauses[1:8] == list(events.DELAYS[1:])
        assert (event.state, event.code) == ("quarantined", "gave_up")
        assert event.attempts == events.MOST_ATTEMPTS

        stripe.is_away = False
        stripe.pay(top_up.object_id)
        inbox.put_back(event_id=event.id, now=due)
        assert events.handle_due(now=due) == 1
        assert again(top_up).state == "paid"

    def test_goes_on_after_one_that_fails(self, stripe: StandIn, caplog: pytest.LogCaptureFixture):
        alice = cast.player("Alice")
        broken, good = begin(alice, "1"), begin(alice, "2")
        stripe.pay(good.object_id)
        stripe.show(broken.object_id, state="nonsense")
        now = timezone.now()
        first = store(stripe, broken, now=now)
        store(stripe, good, now=now)
        assert events.handle_due(now=now + LEASE) == 2
        assert books(alice) == (20 * USD, 1, 1)
        kept = ProviderEvent.objects.get(id=first.event_id)
        assert (kept.state, kept.code) == ("waiting", "internal_error")
        assert "KeyError" in kept.detail

    def test_handles_no_event_that_has_ended(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        now = timezone.now()
        stored = store(stripe, top_up, now=now)
        assert events.handle(event_id=stored.event_id, now=now) == EventState.DONE
        fetched = stripe.fetched
        assert events.handle(event_id=stored.event_id, now=now) == EventState.DONE
        assert stripe.fetched == fetched


class TestStore:
    def test_ignores_a_repetition(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        now = timezone.now()
        body, headers = stripe.message(object_id=top_up.object_id)
        message = stripe.read_message(body, headers, now=now)
        first, second = (
            inbox.store(provider="stripe", message=message, body=body, headers=headers, now=now)
            for _ in range(2)
        )
        assert (second.is_new, second.is_ours, second.event_id) == (False, False, first.event_id)

    def test_knows_one_id_of_two_providers_apart(self, stripe: StandIn, alipay: StandIn):
        top_up = begin(cast.player("Alice"))
        now = timezone.now()
        body, headers = stripe.message(object_id=top_up.object_id)
        message = stripe.read_message(body, headers, now=now)
        for provider in ("stripe", "alipay"):
            assert inbox.store(provider=provider, message=message, body=body, headers=headers, now=now).is_new


class TestAnswer:
    def test_is_for_what_is_in_quarantine(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        now = timezone.now()
        stored = store(stripe, top_up, now=now)
        with pytest.raises(NotInQuarantine):
            inbox.put_back(event_id=stored.event_id, now=now)
        with pytest.raises(NotInQuarantine):
            inbox.resolve(event_id=stored.event_id, reason="because", now=now)
        with pytest.raises(NotFound):
            inbox.put_back(event_id=top_up.id, now=now)
        with pytest.raises(Unacceptable):
            inbox.resolve(event_id=stored.event_id, reason=" ", now=now)
