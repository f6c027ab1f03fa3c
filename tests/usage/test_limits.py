"""Usage of limited keys: it counts by its request's own time, and is charged whatever the limit says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.errors import Refused
from billing.models import Debt, KeySpend
from billing.services import key_limits
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player
from usage.models import Charge, UsageDaily

pytestmark = pytest.mark.django_db
LIMIT = 10_000


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice(model: LanguageModel) -> Player:
    alice = cast.player("Alice", 10 * USD)
    cast.limit(alice, LIMIT * OUTPUT_TOKEN, "total")
    return alice


def spent() -> int:
    """Output tokens."""
    return KeySpend.objects.get().spent_nanos // OUTPUT_TOKEN


class TestSettle:
    def test_charges_usage_above_the_limit(self, alice: Player):
        held = cast.hold(alice, out=LIMIT)
        cast.send(cast.report(alice, held.request_id, output=3 * LIMIT))
        cast.settle()

        assert spent() == 3 * LIMIT
        assert alice.wallet().balance_nanos == 10 * USD - 3 * LIMIT * OUTPUT_TOKEN
        assert not Debt.objects.exists()
        with pytest.raises(Refused):
            cast.hold(alice, out=0)

    def test_charges_late_usage_of_a_key_that_is_cut_off(self, alice: Player):
        cast.send(cast.report(alice, output=LIMIT))
        cast.settle()
        cast.send(cast.report(alice, cast.id_at(timezone.now() - timedelta(days=20)), output=500))
        cast.settle()

        assert spent() == LIMIT + 500
        assert Charge.objects.count() == 2

    def test_counts_what_a_page_shows(self, alice: Player):
        for days in (0, 3, 30):
            at = timezone.now() - timedelta(days=days)
            cast.send(cast.report(alice, cast.id_at(at), output=100, input=days))
        cast.settle()

        daily = UsageDaily.objects.filter(api_key_id=alice.api_key_id).values_list("amount_nanos", flat=True)
        assert len(daily) == 3
        assert KeySpend.objects.get().spent_nanos == sum(daily)

    def test_counts_a_repeated_event_once(self, alice: Player):
        report = cast.report(alice, output=100)
        cast.send(report)
        cast.settle()
        cast.send(report)
        cast.settle()
        assert spent() == 100

    def test_counts_each_customers_keys_for_themselves(self, alice: Player):
        bob, charlie = cast.player("Bob", USD), cast.player("Charlie", USD)
        cast.limit(bob, USD, "week")
        cast.send(*(cast.report(who, output=100) for who in (alice, bob, charlie, alice)))
        cast.settle()

        counted = KeySpend.objects.values_list("customer_id", "spent_nanos")
        assert dict(counted) == {alice.id: 200 * OUTPUT_TOKEN, bob.id: 100 * OUTPUT_TOKEN}

    def test_counts_nothing_once_the_limit_is_cleared(self, alice: Player):
        held = cast.hold(alice, out=100)
        key_limits.clear_limit(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())
        cast.send(cast.report(alice, held.request_id, output=100))
        cast.settle()
        assert not KeySpend.objects.exists()

    def test_tells_that_key_states_changed(self, alice: Player):
        cast.send(cast.report(alice, output=LIMIT))
        assert cast.settle().keys_changed
