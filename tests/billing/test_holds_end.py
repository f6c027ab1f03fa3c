"""The ends of a hold that are not a charge: release and expiry."""

from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import NotFound, Refused, RequestConflict
from billing.models import Hold, LedgerAccount, LedgerTransaction, Transfer
from billing.services.holds import end
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


def owe(who: cast.Player, output: int) -> None:
    cast.send(cast.report(who, output=output))
    cast.settle()


class TestRelease:
    def test_gives_credit_back_once(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=100)
        other = cast.hold(alice, out=50)
        now = timezone.now()

        for later in (0, 5):
            ended = cast.release(held, now=now + timedelta(seconds=later))
            assert (ended.request_id, ended.state) == (held.request_id, "released")

        assert alice.wallet().held_nanos == other.amount_nanos
        stored = Hold.objects.get(request_id=held.request_id)
        assert (stored.state, stored.ended_at, stored.end_reason) == ("released", now, "gave up")

    def test_repays_a_debt(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000)
        owe(alice, 300)

        cast.release(held)

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (700 * OUTPUT_TOKEN, 0, 0)
        repaid = Transfer.objects.get(credit_account=LedgerAccount.DEBT)
        assert (repaid.debit_account, repaid.amount_nanos) == (LedgerAccount.WALLET, 300 * OUTPUT_TOKEN)
        assert LedgerTransaction.objects.get(id=repaid.ledger_transaction_id).kind == "debt_repayment"

    def test_of_an_expired_hold_tells_so(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice)
        end.expire(now=held.expires_at)
        assert cast.release(held).state == "expired"

    def test_of_a_settled_hold_is_a_conflict(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=100)
        cast.send(cast.report(alice, held.request_id, output=10))
        cast.settle()

        with pytest.raises(RequestConflict) as conflict:
            cast.release(held)
        assert conflict.value.extra["state"] == "settled"
        assert alice.wallet().balance_nanos == USD - 10 * OUTPUT_TOKEN

    def test_is_a_conflict_while_its_usage_waits_to_be_settled(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=100)
        cast.send(cast.report(alice, held.request_id, output=10))

        with pytest.raises(RequestConflict, match="reported"):
            cast.release(held)
        assert alice.wallet().held_nanos == held.amount_nanos

    def test_of_an_id_with_holds_of_two_customers_is_a_conflict(self):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        held = cast.hold(alice)
        cast.hold(charlie, request_id=held.request_id)

        with pytest.raises(RequestConflict, match="two customers"):
            cast.release(held)
        assert alice.wallet().held_nanos == charlie.wallet().held_nanos == held.amount_nanos

    def test_of_another_gateways_hold_finds_nothing(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice)
        with pytest.raises(NotFound):
            cast.release(held, gateway_name="gateway-2")
        assert alice.wallet().held_nanos == held.amount_nanos

    def test_of_a_refused_hold_finds_nothing(self):
        dora = cast.player("Dora")
        request_id = uuid7()
        with pytest.raises(Refused):
            cast.hold(dora, request_id=request_id)
        with pytest.raises(NotFound):
            end.release(
                request_id=request_id, gateway_id=cast.gateway().id, reason="gave up", now=timezone.now()
            )

    def test_does_not_flap_keys(self):
        alice = cast.player("Alice", 100 * OUTPUT_TOKEN + 999_999)
        version = alice.wallet().state_version
        held = cast.hold(alice, out=100)
        assert alice.wallet().cut_off_at is None
        cast.release(held)
        assert alice.wallet().state_version == version


class TestExpire:
    def test_ends_only_what_is_over(self):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        now = timezone.now()
        short = [cast.hold(who, now=now, out=100, ttl_s=60) for who in (alice, charlie, alice)]
        long = cast.hold(alice, now=now, out=10, ttl_s=61)

        assert end.expire(now=now + timedelta(seconds=59, milliseconds=999)) == 0
        assert end.expire(now=now + timedelta(seconds=60)) == 3
        assert end.expire(now=now + timedelta(seconds=60)) == 0

        assert (alice.wallet().held_nanos, charlie.wallet().held_nanos) == (long.amount_nanos, 0)
        for held in short:
            stored = Hold.objects.get(customer_id__in=[alice.id, charlie.id], request_id=held.request_id)
            assert (stored.state, stored.end_reason) == ("expired", "expired")

    def test_gives_back_and_repays_debt(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000)
        owe(alice, 1300)
        assert (alice.wallet().balance_nanos, alice.wallet().debt_nanos) == (
            1000 * OUTPUT_TOKEN,
            1300 * OUTPUT_TOKEN,
        )

        assert end.expire(now=held.expires_at) == 1

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (0, 0, 300 * OUTPUT_TOKEN)

    def test_leaves_alone_what_ended_before(self):
        alice = cast.player("Alice", USD)
        released, over = cast.hold(alice, out=100), cast.hold(alice, out=10)
        cast.release(released)
        assert end.expire(now=over.expires_at) == 1
        assert alice.wallet().held_nanos == 0
        assert Hold.objects.get(request_id=released.request_id).state == "released"

    def test_lets_credit_be_held_again(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000)
        with pytest.raises(Refused):
            cast.hold(alice, out=1000)

        end.expire(now=held.expires_at)
        assert cast.hold(alice, out=1000).state == "open"

    def test_works_through_more_customers_than_one_batch_takes(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(end, "CUSTOMERS_PER_BATCH", 2)
        held = [cast.hold(cast.player(f"Customer-{n}", USD), out=1) for n in range(5)]
        assert end.expire(now=max(each.expires_at for each in held)) == 5


class TestForgetRefused:
    def test_deletes_old_refusals_batch_by_batch_and_nothing_else(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(end, "FORGOTTEN_PER_BATCH", 2)
        alice, dora = cast.player("Alice", USD), cast.player("Dora")
        now = timezone.now()
        days_ago = now - timedelta(days=2)
        held = cast.hold(alice, request_id=cast.id_at(days_ago), now=days_ago)
        for hours in (30, 29, 28, 1):
            moment = now - timedelta(hours=hours)
            with pytest.raises(Refused):
                cast.hold(dora, request_id=cast.id_at(moment), now=moment)

        assert end.forget_refused(before=now - timedelta(hours=24)) == 3

        assert Hold.objects.filter(state="refused").count() == 1
        assert Hold.objects.filter(state="open").get().request_id == held.request_id
