"""Settlement: what reported usage does to wallet, lots, holds, debts and totals."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Debt, Hold
from billing.services.holds import end
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.models import Charge, UsageDaily, UsageEvent
from usage.services.settlement import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _model():
    cast.model()


def settle():
    return drain.settle_all(now=timezone.now())


class TestSettle:
    def test_charges_a_held_request_exactly(self):
        alice = cast.player("Alice", 1 * USD)
        held = cast.hold(alice, tokens_in=374, out=256)

        assert [r.result for r in cast.send(cast.report(alice, held.request_id, input=374, output=44))] == [
            "accepted"
        ]
        assert settle().charges == 1

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
        settle()

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
        settle()
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (90 * OUTPUT_TOKEN, 0, 0)

    def test_charges_usage_after_its_hold_expired(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        held = cast.hold(dora, out=1000, ttl_s=60)

        assert end.expire(now=timezone.now() + timedelta(seconds=61)) == 1
        assert dora.wallet().held_nanos == 0

        cast.send(cast.report(dora, held.request_id, output=1030))
        settle()
        assert dora.wallet().debt_nanos == 30 * OUTPUT_TOKEN
        assert Debt.objects.get().cause == "hold_ended"
