"""Settlement: what reported usage does to wallet, lots, holds, debts and totals."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing.errors import Refused
from billing.models import Debt, Hold
from billing.services import keys
from billing.services.holds import end
from catalog.rating import METERS
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage import tasks
from usage.models import Charge, QuarantinedEvent, UsageDaily, UsageEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _model():
    cast.model()


class TestSettle:
    def test_charges_a_held_request_exactly(self):
        alice = cast.player("Alice", 1 * USD)
        held = cast.hold(alice, tokens_in=374, out=256)

        assert [r.result for r in cast.send(cast.report(alice, held.request_id, input=374, output=44))] == [
            "accepted"
        ]
        assert cast.settle().charges == 1

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (USD - 629_046, 0, 0)
        assert Charge.objects.get().amount_nanos == 629_046
        assert Hold.objects.get().state == "settled"
        assert not UsageEvent.objects.exists()
        daily = UsageDaily.objects.get()
        assert (daily.requests, daily.input, daily.output, daily.amount_nanos) == (1, 374, 44, 629_046)

    def test_takes_what_is_free_and_owes_the_rest_above_the_bounds(self):
        alice = cast.player("Alice", 300 * OUTPUT_TOKEN)
        cut = cast.hold(alice, out=100)
        other = cast.hold(alice, out=150)

        cast.send(cast.report(alice, cut.request_id, output=200))
        cast.settle()

        wallet = alice.wallet()
        assert wallet.balance_nanos == wallet.held_nanos == 150 * OUTPUT_TOKEN
        assert wallet.debt_nanos == 50 * OUTPUT_TOKEN
        debt = Debt.objects.get()
        assert (debt.cause, debt.request_id, debt.amount_nanos) == (
            "above_bounds",
            cut.request_id,
            50 * OUTPUT_TOKEN,
        )

        cast.send(cast.report(alice, other.request_id, output=10))
        cast.settle()
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (90 * OUTPUT_TOKEN, 0, 0)

    def test_charges_usage_after_its_hold_expired(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        held = cast.hold(dora, out=1000, ttl_s=60)

        assert end.expire(now=timezone.now() + timedelta(seconds=61)) == 1
        assert dora.wallet().held_nanos == 0

        cast.send(cast.report(dora, held.request_id, output=1030))
        cast.settle()
        assert dora.wallet().debt_nanos == 30 * OUTPUT_TOKEN
        assert Debt.objects.get().cause == "hold_ended"

    def test_late_finds_the_credit_that_the_hold_had_set_aside(self):
        """The usage came in time: that it waits in our inbox is not the customer's fault."""
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        now = timezone.now()
        held = cast.hold(alice, out=1000, ttl_s=60)
        cast.send(cast.report(alice, held.request_id, output=900), now=now + timedelta(seconds=30))

        assert end.expire(now=now + timedelta(minutes=10)) == 0
        with pytest.raises(Refused):
            cast.hold(alice, out=1000)
        cast.settle()

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (100 * OUTPUT_TOKEN, 0, 0)
        assert not Debt.objects.exists()

    def test_does_not_end_the_hold_of_another_gateway(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=100, gateway_name="gateway-2")

        cast.send(cast.report(alice, held.request_id, output=0))
        assert cast.settle().charges == 0

        assert QuarantinedEvent.objects.get().code == "other_gateway"
        assert alice.wallet().held_nanos == held.amount_nanos


class TestTask:
    def test_settles_all_and_queues_itself_again_where_its_time_is_over(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        settings.SETTLE_BATCH_SIZE = 2
        monkeypatch.setattr(tasks, "SETTLES_FOR_S", 0)
        alice = cast.player("Alice", USD)
        cast.send(*(cast.report(alice, output=1) for _ in range(5)))

        for left in (3, 1, 0):
            tasks.settle()
            assert UsageEvent.objects.count() == left


class TestAmounts:
    """What a hold of 100 tokens gives back, takes, or leaves as debt, beside a hold of 50 and some credit."""

    @pytest.mark.parametrize(
        ("free", "used", "balance", "debt"),
        [
            (0, 0, 150, 0),
            (0, 99, 51, 0),
            (0, 100, 50, 0),
            (0, 101, 50, 1),
            (0, 500, 50, 400),
            (20, 100, 70, 0),
            (20, 119, 51, 0),
            (20, 120, 50, 0),
            (20, 121, 50, 1),
        ],
    )
    def test_never_touch_what_another_hold_has_set_aside(self, free: int, used: int, balance: int, debt: int):
        # Enough not to be cut off while the holds are placed; what is too much is spent after that.
        alice = cast.player("Alice", (1150 + free) * OUTPUT_TOKEN)
        cut, other = cast.hold(alice, out=100), cast.hold(alice, out=50)
        cast.send(cast.report(alice, output=1000))
        cast.settle()

        cast.send(cast.report(alice, cut.request_id, output=used))
        cast.settle()

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (balance * OUTPUT_TOKEN, debt * OUTPUT_TOKEN)
        assert wallet.held_nanos == other.amount_nanos
        assert sum(Debt.objects.values_list("amount_nanos", flat=True)) == debt * OUTPUT_TOKEN

    def test_of_one_batch_share_what_their_holds_left_over(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        holds = [cast.hold(alice, out=500), cast.hold(alice, out=500)]
        cast.send(
            cast.report(alice, holds[0].request_id, output=300),
            cast.report(alice, holds[1].request_id, output=650),
        )
        cast.settle()
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (50 * OUTPUT_TOKEN, 0, 0)

    def test_that_are_short_fall_on_the_latest_requests_that_went_above(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        within, first, last = (cast.hold(alice, out=300) for _ in range(3))
        unheld = cast.report(alice, output=150)
        cast.send(
            cast.report(alice, last.request_id, output=400),
            unheld,
            cast.report(alice, within.request_id, output=300),
            cast.report(alice, first.request_id, output=400),
        )
        cast.settle()

        causes = {debt.request_id: (debt.cause, debt.amount_nanos) for debt in Debt.objects.all()}
        assert causes == {
            unheld.request_id: ("no_hold", 150 * OUTPUT_TOKEN),
            last.request_id: ("above_bounds", 100 * OUTPUT_TOKEN),
        }
        assert alice.wallet().debt_nanos == 250 * OUTPUT_TOKEN


class TestDaily:
    def test_totals_go_by_the_utc_day_of_the_request(self):
        alice = cast.player("Alice", USD)
        midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        moments = [midnight - timedelta(milliseconds=1), midnight, midnight + timedelta(milliseconds=1)]
        cast.send(*(cast.report(alice, cast.id_at(at), input=1, output=2) for at in moments))
        cast.settle()
        cast.send(cast.report(alice, cast.id_at(midnight), output=5))
        cast.settle()

        days = {each.day_date: (each.requests, each.input, each.output) for each in UsageDaily.objects.all()}
        assert days == {
            (midnight - timedelta(days=1)).date(): (1, 1, 2),
            midnight.date(): (3, 2, 9),
        }

    def test_totals_add_every_meter(self):
        alice = cast.player("Alice", USD)
        midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        used = {meter: 2**number for number, meter in enumerate(METERS)}
        for _ in range(3):
            cast.send(cast.report(alice, cast.id_at(midnight), **used))
            cast.settle()

        [totals] = UsageDaily.objects.values(*METERS)
        assert totals == {meter: 3 * count for meter, count in used.items()}

    def test_totals_are_kept_for_each_key_and_model(self):
        cast.model("another-model")
        alice = cast.player("Alice", USD)
        second = keys.create(customer=alice.customer, name="Second", now=timezone.now())
        bob = cast.Player(alice.customer, second.secret, second.key.id)
        cast.send(
            cast.report(alice, output=1),
            cast.report(alice, output=2, model="another-model"),
            cast.report(bob, output=4),
            cast.report(bob, output=8),
        )
        cast.settle()
        assert sorted(UsageDaily.objects.values_list("requests", "output")) == [(1, 1), (1, 2), (2, 12)]


class TestRepayment:
    def test_of_debt_waits_until_credit_is_free(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000)
        cast.send(cast.report(alice, output=300))
        cast.settle()
        assert (alice.wallet().balance_nanos, alice.wallet().debt_nanos) == (
            1000 * OUTPUT_TOKEN,
            300 * OUTPUT_TOKEN,
        )

        cast.send(cast.report(alice, held.request_id, output=800))
        cast.settle()
        assert (alice.wallet().balance_nanos, alice.wallet().debt_nanos) == (0, 100 * OUTPUT_TOKEN)
