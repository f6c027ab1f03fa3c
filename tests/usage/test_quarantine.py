"""Quarantine: nothing is dropped, and what is mended is charged once."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.request_keys import RequestKeys
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.errors import AlreadyResolved, Unacceptable
from usage.models import Charge, QuarantinedEvent, UsageEvent
from usage.services import quarantine
from usage.services.settlement import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    cast.model()
    return cast.player("Alice", 1 * USD)


def replay(event):
    return quarantine.replay(event_id=event.id, now=timezone.now())


def settle():
    cast.settle()


class TestReplay:
    def test_charges_once_what_a_new_model_makes_chargeable(self, alice):
        held = cast.hold(alice, out=100)
        [result] = cast.send(cast.report(alice, held.request_id, model="new-model", output=7))
        assert (result.result, result.code) == ("quarantined", "unknown_model")
        event = QuarantinedEvent.objects.get()
        assert replay(event).code == "unknown_model"

        cast.model("new-model")
        assert replay(event).result == "accepted"
        assert replay(event) is None
        settle()

        assert alice.wallet().balance_nanos == 1 * USD - 7 * OUTPUT_TOKEN
        event.refresh_from_db()
        assert event.resolution == "replayed: accepted"
        assert event.resolved_at is not None

    def test_finds_a_duplicate_where_the_gateway_was_faster(self, alice):
        report = cast.report(alice, model="new-model", output=7)
        cast.send(report)
        cast.model("new-model")
        cast.send(report)
        settle()

        assert replay(QuarantinedEvent.objects.get()).result == "duplicate"
        settle()
        assert Charge.objects.count() == 1

    def test_keeps_what_is_still_not_chargeable(self, alice):
        cast.send(cast.report(alice, output=2_000_000_000))

        assert replay(QuarantinedEvent.objects.get()).code == "impossible_meters"
        assert QuarantinedEvent.objects.get().resolved_at is None

    def test_judges_age_by_when_the_event_came(self, alice):
        sent_at = timezone.now() - timedelta(days=20)
        request_id = cast.id_at(sent_at - timedelta(days=20))
        cast.send(cast.report(alice, request_id, model="new-model", output=7), now=sent_at)
        cast.model("new-model")

        assert replay(QuarantinedEvent.objects.get()).result == "accepted"

    def test_keeps_the_scope_of_the_token_that_reported(self, alice):
        cast.send(cast.report(alice, output=7), unheld=False)

        assert replay(QuarantinedEvent.objects.get()).code == "no_hold"

    def test_puts_back_a_row_on_which_settlement_failed(self, alice):
        held = cast.hold(alice, out=100)
        cast.send(cast.report(alice, held.request_id, input=3, output=7, reported_cost=5))
        rows.quarantine([(alice.id, held.request_id, "settlement_failed", "a bug")])
        rows.empty_inbox(RequestKeys([(alice.id, held.request_id)]))
        event = QuarantinedEvent.objects.get()

        assert replay(event).result == "accepted"
        settle()
        charge = Charge.objects.get()
        assert (charge.input, charge.output, charge.reported_cost_nanos) == (3, 7, 5)
        assert bytes(charge.fingerprint) == bytes(event.fingerprint)
        assert replay(event) is None

    def test_opens_an_event_again_on_which_settlement_fails_again(self, alice):
        cast.send(cast.report(alice, output=7))
        key = (alice.id, UsageEvent.objects.get().request_id)
        for _time in range(2):
            rows.quarantine([(*key, "settlement_failed", "a bug")])
            rows.empty_inbox(RequestKeys([key]))
            event = QuarantinedEvent.objects.get()
            assert event.resolved_at is None
            assert replay(event).result == "accepted"


class TestResolve:
    def test_takes_an_answer_instead_of_a_charge(self, alice):
        cast.send(cast.report(alice, output=2_000_000_000))
        event = QuarantinedEvent.objects.get()
        with pytest.raises(Unacceptable):
            quarantine.resolve(event_id=event.id, reason=" ", now=timezone.now())

        quarantine.resolve(event_id=event.id, reason="a broken counter", now=timezone.now())

        assert replay(event) is None
        assert QuarantinedEvent.objects.get().resolution == "by hand: a broken counter"
        with pytest.raises(AlreadyResolved):
            quarantine.resolve(event_id=event.id, reason="again", now=timezone.now())

    def test_stands_also_when_the_gateway_sends_the_event_again_and_it_could_be_charged(self, alice):
        event = cast.report(alice, model="new-model", output=7)
        other = cast.report(alice, output=9)
        cast.send(event)
        quarantine.resolve(
            event_id=QuarantinedEvent.objects.get().id, reason="paid by bank transfer", now=timezone.now()
        )
        cast.model("new-model")

        assert [result.result for result in cast.send(event, other)] == ["duplicate", "accepted"]
        settle()
        assert Charge.objects.get().output == 9


class TestCommand:
    def test_replays_the_events_of_one_code(self, alice):
        cast.send(cast.report(alice, model="new-model", output=7), cast.report(alice, output=2_000_000_000))
        cast.model("new-model")
        out = StringIO()

        call_command("replay_quarantine", "--code", "unknown_model", stdout=out)

        assert "accepted" in out.getvalue()
        assert "1 events tried" in out.getvalue()
        assert QuarantinedEvent.objects.filter(resolved_at=None).get().code == "impossible_meters"

    def test_resolves_by_hand(self, alice):
        cast.send(cast.report(alice, output=2_000_000_000))
        event = QuarantinedEvent.objects.get()

        call_command("replay_quarantine", "--id", str(event.id), "--resolve", "broken", stdout=StringIO())

        assert quarantine.waiting() == []
        with pytest.raises(CommandError):
            call_command("replay_quarantine", "--id", "0", "--resolve", "broken")
