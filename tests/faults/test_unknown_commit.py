"""A connection that is lost with the answer to COMMIT: who does not know tries again, and it counts once."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, close_old_connections, connections
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.services import credits
from billing.services.holds import extend, place
from catalog.rating import Bounds
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.drills.proxy import COMMIT_COMPLETE, Proxy
from tests.faults.sizes import times
from usage.models import Charge, UsageEvent

# A hold is one statement without a transaction around it: its answer is the answer to COMMIT.
ONE_ROW = b"C\x00\x00\x00\x0dSELECT 1\x00"
ROUNDS = times(25)


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 10 * USD)


@pytest.fixture
def losing(alice: cast.Player, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    """All connections go through a proxy from now on, which loses answers with the mark of the parameter."""
    there = connections.settings["default"]
    port = int(there["PORT"])
    cast.hold(alice, out=0)
    with Proxy(lambda: port, request.param) as proxy:
        _reconnect(proxy.port)
        yield proxy
        _reconnect(port)


def _reconnect(port: int) -> None:
    connections.close_all()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    connections.settings["default"]["PORT"] = str(port)


commit = pytest.mark.parametrize("losing", [COMMIT_COMPLETE], indirect=True, ids=["answer to commit"])
# Lost before the commit, the same call has done nothing.
anywhere = pytest.mark.parametrize(
    "losing", [COMMIT_COMPLETE, ONE_ROW], indirect=True, ids=["answer to commit", "answer before it"]
)


class TestLostCommit:
    @pytest.mark.parametrize("losing", [ONE_ROW], indirect=True, ids=["answer to the statement"])
    def test_of_a_hold_is_one_hold(self, losing: Proxy, alice: cast.Player):
        for number in range(1, ROUNDS + 1):
            request = cast.hold_request(alice, out=10)
            losing.lose_next()
            with pytest.raises(OperationalError):
                place.hold(request, now=timezone.now())
            # A server does this after every request.
            close_old_connections()

            assert place.hold(request, now=timezone.now()).is_replay
            assert alice.wallet().held_nanos == number * 10 * OUTPUT_TOKEN
        assert losing.lost == ROUNDS

    @commit
    def test_of_an_extension_is_one_extension(self, losing: Proxy, alice: cast.Player):
        for _ in range(ROUNDS):
            held = cast.hold(alice, out=10)
            losing.lose_next()
            for _ in range(2):
                try:
                    extend.hold(
                        request_id=held.request_id,
                        gateway_id=cast.gateway().id,
                        bounds=Bounds(0, 50),
                        expires_at=held.expires_at,
                        now=timezone.now(),
                    )
                except OperationalError:
                    continue
            assert alice.wallet().held_nanos == 50 * OUTPUT_TOKEN
            cast.release(held)
        assert losing.lost == ROUNDS

    @anywhere
    def test_of_a_grant_is_one_grant(self, losing: Proxy, alice: cast.Player):
        before = alice.wallet().balance_nanos
        for number in range(1, ROUNDS + 1):
            effect_key, tries = f"grant:{uuid7()}", 0
            losing.lose_next()
            while True:
                tries += 1
                try:
                    grant(alice, effect_key)
                    break
                except OperationalError:
                    continue
            assert tries == 2
            assert alice.wallet().balance_nanos == before + number * USD
        assert losing.lost == ROUNDS

    @commit
    def test_of_a_report_is_one_event(self, losing: Proxy, alice: cast.Player):
        for number in range(1, ROUNDS + 1):
            reports = [cast.report(alice, output=1) for _ in range(3)]
            losing.lose_next()
            with pytest.raises(OperationalError):
                cast.send(*reports)

            assert {result.result for result in cast.send(*reports)} == {"duplicate"}
            assert UsageEvent.objects.count() == 3 * number
        assert losing.lost == ROUNDS

    @commit
    def test_of_a_settlement_is_one_charge(self, losing: Proxy, alice: cast.Player):
        before = alice.wallet().balance_nanos
        for number in range(1, ROUNDS + 1):
            held = cast.hold(alice, out=10)
            cast.send(cast.report(alice, held.request_id, output=1), cast.report(alice, output=1))
            losing.lose_next()
            cast.settle()
            cast.settle()

            assert Charge.objects.count() == 2 * number
            wallet = alice.wallet()
            assert (wallet.balance_nanos, wallet.held_nanos) == (before - 2 * number * OUTPUT_TOKEN, 0)
        assert losing.lost == ROUNDS
        assert not UsageEvent.objects.exists()


def grant(who: cast.Player, effect_key: str) -> None:
    credits.grant(
        customer_id=who.id, amount_nanos=USD, reason="welcome", effect_key=effect_key, now=timezone.now()
    )
