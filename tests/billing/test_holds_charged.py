"""A request whose usage was charged gets no hold any more: nothing would ever settle it."""

from uuid import UUID

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing import sql
from billing.errors import RequestConflict
from billing.models import Hold
from billing.services.holds import statement, terms
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Player:
    cast.model()
    return cast.player("Alice", USD)


def charge(who: Player, request_id: UUID, output: int = 7) -> None:
    cast.send(cast.report(who, request_id, output=output))
    cast.settle()


class TestChargedRequest:
    @pytest.mark.parametrize("output", [7, 0])
    @pytest.mark.parametrize("limited", [False, True])
    @pytest.mark.parametrize("out", [100, 10**5])
    @pytest.mark.parametrize("min_output", [None, 1])
    def test_gets_no_hold(self, alice: Player, output: int, limited: bool, out: int, min_output: int | None):
        if limited:
            cast.limit(alice, USD // 10)
        request_id = uuid7()
        charge(alice, request_id, output)

        with pytest.raises(RequestConflict) as conflict:
            cast.hold(alice, request_id=request_id, out=out, min_output=min_output)

        assert conflict.value.extra["field"] == "request_id"
        assert alice.wallet().held_nanos == 0
        assert not Hold.objects.exists()

    def test_gets_the_answer_that_it_had(self, alice: Player):
        held = cast.hold(alice, out=100)
        charge(alice, held.request_id)
        again = cast.hold(alice, request_id=held.request_id, out=100)
        assert (again.state, again.is_replay) == ("settled", True)

    def test_of_another_customer_is_another_request(self, alice: Player):
        charlie, request_id = cast.player("Charlie", USD), uuid7()
        charge(charlie, request_id)
        assert cast.hold(alice, request_id=request_id, out=100).amount_nanos == 100 * OUTPUT_TOKEN

    def test_is_looked_for_once_in_an_index_of_one_partition(self, alice: Player):
        request = cast.hold_request(alice)
        now = timezone.now()
        asked = terms.for_request(request, now=now)
        values = statement._parameters(request, asked, now=now, may_clamp=False, bounds=None)
        sql.run("set local enable_seqscan = off")
        sql.run("set local enable_bitmapscan = off")
        plan = [line for (line,) in sql.fetch_tuples("explain analyze " + statement.PLACE, values)]
        scans = [line for line in plan if " on charge" in line and "never executed" not in line]
        assert len(scans) == 1
        assert "Index" in scans[0]
