"""The table "What usage can meet": usage that a hold would be refused for now, or whose hold is not open."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiKey
from billing.errors import Refused
from billing.models import Debt, Hold
from billing.services import customers, keys
from billing.services.holds import end, place
from billing.services.holds.requests import HoldAnswer
from catalog import prices
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.usage.outcomes import ACCEPTED, answers, spent
from usage.models import Charge, QuarantinedEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


def revoke(who: cast.Player) -> None:
    keys.revoke(customer=who.customer, api_key_id=who.api_key_id, now=timezone.now())


def let_expire(who: cast.Player) -> None:
    ApiKey.objects.update(created_at=cast.LONG_AGO, expires_at=timezone.now())


def restrict(who: cast.Player) -> None:
    cast.model("another-model")
    keys.restrict(
        customer=who.customer,
        api_key_id=who.api_key_id,
        allowed_models=["another-model"],
        now=timezone.now(),
    )


def freeze(who: cast.Player) -> None:
    customers.freeze(customer_id=who.id, reason="test", now=timezone.now())


def close(who: cast.Player) -> None:
    customers.close(customer_id=who.id, reason="test", now=timezone.now())


def cut_off(who: cast.Player) -> None:
    cast.send(cast.report(who, output=200_000))
    cast.settle()


def retire_model(who: cast.Player) -> None:
    LanguageModel.objects.update(is_active=False)
    prices.forget()


class TestWhatHappened:
    @pytest.mark.parametrize("held", [False, True])
    @pytest.mark.parametrize("change", [revoke, let_expire, restrict, freeze, close, cut_off, retire_model])
    def test_is_charged_although_it_would_be_refused_now(
        self, alice: cast.Player, change: Callable[[cast.Player], None], held: bool
    ):
        request_id = cast.hold(alice, out=100).request_id if held else uuid7()
        change(alice)
        before = spent(alice)

        assert answers(cast.report(alice, request_id, output=60), unheld=not held) == ACCEPTED
        cast.settle()

        assert spent(alice) == before + 60
        assert Charge.objects.get(request_id=request_id).amount_nanos == 60 * OUTPUT_TOKEN
        assert alice.wallet().held_nanos == 0


def refused(who: cast.Player) -> HoldAnswer:
    request = cast.hold_request(who, out=128_000, tokens_in=1_000_000)
    with pytest.raises(Refused):
        place.hold(request, now=timezone.now())
    return HoldAnswer(request.request_id, "refused", 0, request.bounds, timezone.now(), 0, 0)


def released(who: cast.Player) -> HoldAnswer:
    held = cast.hold(who, out=100)
    cast.release(held)
    return held


def expired(who: cast.Player) -> HoldAnswer:
    held = cast.hold(who, out=100)
    end.expire(now=held.expires_at)
    return held


class TestHoldThatIsNotOpen:
    @pytest.mark.parametrize("unheld", [False, True])
    @pytest.mark.parametrize(
        ("hold", "state", "cause"),
        [
            (released, "released", "hold_ended"),
            (expired, "expired", "hold_ended"),
            (refused, "refused", "no_hold"),
        ],
    )
    def test_is_charged_without_it(
        self, hold: Callable[[cast.Player], HoldAnswer], state: str, cause: str, unheld: bool
    ):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = hold(alice)

        assert answers(cast.report(alice, held.request_id, output=1040), unheld=unheld) == ACCEPTED
        cast.settle()

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (0, 0, 40 * OUTPUT_TOKEN)
        debt = Debt.objects.get()
        assert (debt.cause, debt.request_id, debt.amount_nanos) == (
            cause,
            held.request_id,
            40 * OUTPUT_TOKEN,
        )
        assert debt.gateway_id == cast.gateway().id
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.hold_amount_nanos) == (1040 * OUTPUT_TOKEN, None)
        assert Hold.objects.get().state == state


class TestNoHold:
    def test_is_charged_for_a_token_that_may_report_it(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        report = cast.report(dora, output=1001)
        assert answers(report, unheld=True) == ACCEPTED
        cast.settle()
        debt = Debt.objects.get()
        assert (debt.cause, debt.request_id, debt.amount_nanos) == (
            "no_hold",
            report.request_id,
            OUTPUT_TOKEN,
        )

    def test_is_quarantined_for_a_token_that_may_not(self, alice: cast.Player):
        held = cast.hold(alice, out=100)
        mixed = [cast.report(alice, output=7), cast.report(alice, held.request_id, output=8)]
        assert answers(*mixed, unheld=False) == [("quarantined", "no_hold"), ("accepted", None)]
        cast.settle()
        assert spent(alice) == 8
        kept = QuarantinedEvent.objects.get()
        assert (kept.code, kept.payload, kept.may_be_unheld) == ("no_hold", mixed[0].payload, False)

    def test_of_this_customer_is_not_made_good_by_anothers(self, alice: cast.Player):
        charlie = cast.player("Charlie", USD)
        held = cast.hold(charlie, out=100)
        assert answers(cast.report(alice, held.request_id, output=7), unheld=False) == [
            ("quarantined", "no_hold")
        ]
