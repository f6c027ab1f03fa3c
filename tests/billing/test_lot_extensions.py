"""More time for a lot: later than it was, for what is left of it."""

from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from billing.errors import NotFound, Unacceptable
from billing.models import CreditLot
from billing.services import credits, lot_extensions, lots
from billing.services.lot_extensions import NotExtendable
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def give(who: cast.Player, *, days: int | None) -> CreditLot:
    credits.grant(
        customer_id=who.id,
        amount_nanos=USD,
        reason="for the test",
        effect_key=f"grant:{uuid7()}",
        now=NOW,
        expires_at=None if days is None else NOW + days * DAY,
    )
    return CreditLot.objects.filter(customer_id=who.id).latest("id")


def extend(lot: CreditLot, *, days: int, now: datetime = NOW) -> datetime:
    return lot_extensions.extend(
        customer_id=lot.customer_id, lot_id=lot.id, expires_at=NOW + days * DAY, now=now
    )


class TestExtend:
    def test_lets_it_lapse_later(self, alice: cast.Player):
        lot = give(alice, days=10)
        assert extend(lot, days=20) == NOW + 10 * DAY
        assert lots.expire(now=NOW + 15 * DAY) == 0
        assert lots.expire(now=NOW + 20 * DAY) == USD
        assert alice.wallet().balance_nanos == 0

    @pytest.mark.parametrize("days", [-1, 0, 9, 10, 3651])
    def test_refuses_a_moment_that_is_not_later(self, alice: cast.Player, days: int):
        lot = give(alice, days=10)
        with pytest.raises(Unacceptable) as refused:
            extend(lot, days=days)
        assert refused.value.extra["field"] == "expires_at"
        assert CreditLot.objects.get().expires_at == lot.expires_at

    def test_refuses_what_never_lapses_or_is_spent(self, alice: cast.Player):
        with pytest.raises(NotExtendable):
            extend(give(alice, days=None), days=20)
        lapsed = give(alice, days=1)
        lots.expire(now=NOW + DAY)
        with pytest.raises(NotExtendable):
            extend(lapsed, days=20, now=NOW + DAY)

    def test_finds_nobody_elses(self, alice: cast.Player):
        lot = give(alice, days=10)
        lot.customer_id = cast.player("Charlie").id
        with pytest.raises(NotFound):
            extend(lot, days=20)
