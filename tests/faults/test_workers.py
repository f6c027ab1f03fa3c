"""Workers that take the same work: each row is charged once, whoever gets it."""

from collections.abc import Callable

from django.db.models import Count, Sum
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.faults.sizes import times
from usage.models import Charge, QuarantinedEvent, UsageEvent

Hire = Callable[[int], Crew]
ROWS = times(10_000)


class TestEightSettlers:
    def test_charge_each_of_10_000_rows_once(self, crew: Hire, settings: Settings):
        """Half of the requests have a hold, and ten of 100 customers no credit."""
        settings.SETTLE_BATCH_SIZE = 250
        players = [cast.player(f"Customer-{n}", 0 if n < 10 else 10 * USD) for n in range(100)]
        held = [cast.hold(players[10 + n % 90], out=3).request_id for n in range(500)]
        reports = [cast.report(players[10 + n % 90], held[n], output=2) for n in range(500)]
        reports += [cast.report(players[n % 100], output=2) for n in range(ROWS - 500)]
        for start in range(0, ROWS, 1000):
            cast.send(*reports[start : start + 1000])

        with capture_logs() as logs:
            settled = crew(8).together(lambda _: cast.settle())

        assert logs == [], "a batch failed, on a deadlock for example, and was tried again"
        assert sum(each.charges for each in settled) == sum(each.events for each in settled) == ROWS
        charged = Charge.objects.aggregate(n=Count("*"), nanos=Sum("amount_nanos"))
        assert charged == {"n": ROWS, "nanos": ROWS * 2 * OUTPUT_TOKEN}
        assert not UsageEvent.objects.exists()
        assert not QuarantinedEvent.objects.exists()
        assert all(player.wallet().held_nanos == 0 for player in players)
