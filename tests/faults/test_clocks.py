"""Clocks: gateways ahead and behind, months, leap days and summer time; money goes by UTC and by the id."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from billing import request_ids, sql
from billing.models import Hold
from billing.services import partitions
from billing.services.holds import end, place
from tests import cast, gateways
from tests.cast import OUTPUT_TOKEN, USD
from tests.gateways import Gateway
from usage.models import Charge, UsageDaily, UsageEvent
from usage.services import ingest, quarantine
from usage.services.reports import Reporter

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MOMENTS = {
    "the last moment of a month": datetime(2026, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    "the first moment of a year": datetime(2027, 1, 1, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 12, tzinfo=UTC),
    "the end of a leap day": datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    "the day after a leap day": datetime(2028, 3, 1, tzinfo=UTC),
    "February without a leap day": datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC),
    "the hour that Berlin leaves out": datetime(2027, 3, 28, 1, 0, 0, tzinfo=UTC),
    "the hour that Berlin has twice": datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
    "the same hour again": datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    "a Monday": datetime(2027, 5, 31, tzinfo=UTC),
}
ZONES = ["Europe/Berlin", "Pacific/Kiritimati"]


def spend(alice: cast.Player, request_id: object, now: datetime) -> None:
    [result] = ingest.accept(
        [cast.report(alice, request_id, output=1)],  # type: ignore[arg-type]
        Reporter(cast.gateway().id, may_be_unheld=True),
        now=now,
    )
    assert result.result == "accepted"
    cast.settle(now=now)


class TestCalendar:
    @pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
    @pytest.mark.parametrize("zone", ZONES)
    def test_of_any_place_moves_no_money_to_another_day(self, zone: str, moment: datetime):
        """From hold to charge across the moment, with sessions that count hours as somewhere else."""
        partitions.ensure(now=moment)
        alice = cast.player("Alice", USD)
        with connection.cursor() as cursor:
            cursor.execute("select set_config('timezone', %s, true)", [zone])

        days = []
        for at in (moment - SECOND, moment, moment + SECOND):
            held = place.hold(cast.hold_request(alice, request_id=cast.id_at(at), out=10, ttl_s=60), now=at)
            assert held.expires_at == at + timedelta(seconds=60)
            spend(alice, held.request_id, at + 30 * SECOND)
            days.append(at.date())

        daily = dict(UsageDaily.objects.values_list("day_date", "requests"))
        assert daily == {day: days.count(day) for day in days}
        assert alice.wallet().balance_nanos == USD - 3 * OUTPUT_TOKEN
        assert set(Hold.objects.values_list("state", flat=True)) == {"settled"}
        assert _partitions_of_charges() == {f"charge_{day:%Y_%m}" for day in days}

    @pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
    def test_ends_a_hold_at_its_second(self, moment: datetime):
        partitions.ensure(now=moment)
        alice = cast.player("Alice", USD)
        held = place.hold(cast.hold_request(alice, request_id=cast.id_at(moment), ttl_s=60), now=moment)

        assert end.expire(now=moment + 59 * SECOND) == 0
        assert end.expire(now=held.expires_at) == 1
        assert alice.wallet().held_nanos == 0


class TestGatewaysClock:
    """Ten minutes wrong: behind costs nothing, ahead is refused with our time, and usage is never lost."""

    def test_that_is_behind_is_none_of_our_business(self, gateway: Gateway):
        alice = cast.player("Alice", USD)
        now = datetime.now(UTC)
        request_id = str(cast.id_at(now - timedelta(minutes=10)))

        answer = gateway.post("holds", gateways.hold_body(alice, request_id=request_id))

        assert answer.status_code == 201
        expires_at = datetime.fromisoformat(answer.json()["expires_at"])
        assert expires_at > now + timedelta(minutes=14)

    def test_that_is_ahead_is_told_ours(self, gateway: Gateway):
        alice = cast.player("Alice", USD)
        ahead = cast.id_at(datetime.now(UTC) + timedelta(minutes=10))

        answer = gateway.post("holds", gateways.hold_body(alice, request_id=str(ahead)))

        document = gateways.problem(answer, 422, "clock_skew")
        assert abs(datetime.fromisoformat(document["our_time"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert not Hold.objects.exists()

    def test_that_is_ahead_does_not_lose_what_was_used(self, gateway: Gateway):
        alice = cast.player("Alice", USD)
        ahead = cast.id_at(datetime.now(UTC) + timedelta(minutes=10))

        answer = gateway.post("usage", {"events": [gateways.event_body(alice, request_id=str(ahead))]})

        assert answer.json()["results"][0]["code"] == "request_id_out_of_window"
        assert not UsageEvent.objects.exists()


class TestOurClock:
    @pytest.mark.parametrize("wrong", [timedelta(minutes=-4), timedelta(minutes=10)])
    def test_that_jumps_between_hold_and_charge_changes_no_amount(self, wrong: timedelta):
        """One host places, another with a wrong clock takes the report and settles."""
        alice, now = cast.player("Alice", USD), datetime.now(UTC)
        held = cast.hold(alice, out=10, ttl_s=3600)
        spend(alice, held.request_id, now + wrong)

        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.hold_amount_nanos) == (OUTPUT_TOKEN, 10 * OUTPUT_TOKEN)
        assert UsageDaily.objects.get().day_date == request_ids.time_of(held.request_id).date()
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (USD - OUTPUT_TOKEN, 0)

    def test_that_is_far_behind_keeps_usage_until_it_is_right(self):
        """The request seems to come from the future; an operator who replays it has it charged."""
        alice, now = cast.player("Alice", USD), datetime.now(UTC)
        held = cast.hold(alice, out=10)
        report = cast.report(alice, held.request_id, output=1)

        [result] = cast.send(report, now=now - timedelta(minutes=10))
        assert (result.result, result.code) == ("quarantined", "request_id_out_of_window")

        [event_id] = quarantine.waiting()
        quarantine.replay(event_id=event_id, now=datetime.now(UTC))
        cast.settle()
        assert Charge.objects.get().hold_amount_nanos == 10 * OUTPUT_TOKEN
        assert not quarantine.waiting()


def _partitions_of_charges() -> set[str]:
    rows = sql.fetch("select distinct tableoid::regclass::text as part from charge")
    return {row.part for row in rows}
