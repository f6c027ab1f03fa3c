"""A batch in which some requests were charged before: it charges the others, and each of them once."""

import pytest
from django.db.models import Sum

from tests import cast
from tests.cast import USD
from tests.usage.outcomes import spent
from usage.models import Charge, UsageDaily, UsageEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _model() -> None:
    cast.model()


def copy(event: UsageEvent) -> UsageEvent:
    return UsageEvent(**{f.attname: getattr(event, f.attname) for f in event._meta.concrete_fields})


class TestInsert:
    @pytest.mark.parametrize("repeated", [0, 1, 4, 5])
    def test_charges_what_is_new_beside_what_is_repeated(self, repeated: int):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        cast.send(*(cast.report(alice, output=1) for _ in range(repeated)))
        before = list(UsageEvent.objects.all())
        assert cast.settle().charges == repeated
        held = [cast.hold(who, out=10) for who in (alice, charlie)]
        cast.send(cast.report(alice, held[0].request_id, output=2), cast.report(alice, output=3))
        cast.send(cast.report(charlie, held[1].request_id, output=4))
        for event in before:
            copy(event).save(force_insert=True)

        settled = cast.settle()

        assert (settled.events, settled.charges) == (3 + repeated, 3)
        assert (spent(alice), spent(charlie)) == (repeated + 5, 4)
        assert alice.wallet().held_nanos == charlie.wallet().held_nanos == 0
        assert not UsageEvent.objects.exists()
        totals = UsageDaily.objects.aggregate(Sum("requests"), Sum("output"))
        assert totals == {"requests__sum": 3 + repeated, "output__sum": repeated + 9}
        of_the_batch = Charge.objects.exclude(request_id__in=[event.request_id for event in before])
        # The debit of the one customer, and that of the other.
        assert of_the_batch.values("customer_id", "ledger_transaction_id").distinct().count() == 2
