"""An operator's refund: at most what is unspent, debited at once, asked of the provider after."""

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import BillingError, NotFound, Refused, RequestConflict, Unacceptable
from billing.models import PaymentReference, Refund
from billing.payments import registry
from billing.payments.errors import Unavailable
from billing.services import customers
from billing.services.refunds import refundable
from tests import cast
from tests.billing.refunds.purchases import ask, bought, kinds, left, legs, refund, spend
from tests.billing.top_ups.purchases import again, begin, bonus
from tests.cast import OUTPUT_TOKEN, USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db
MILLION = 10**6 * OUTPUT_TOKEN


def refused(code: str, kind: type[BillingError] = Unacceptable):
    return pytest.raises(kind, check=lambda error: error.code == code)


class TestGive:
    def test_debits_before_the_provider_hears_of_it(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)

        given = ask(top_up, 700)

        assert (given.is_new, given.refund.state) == (True, "requested")
        assert stripe.payments[top_up.object_id].refunds == ()
        assert (alice.wallet().balance_nanos, again(top_up).refunded_minor) == (13 * USD, 700)
        assert legs(given.refund.ledger_transaction_id) == [(101, 111, 7 * USD)]
        assert PaymentReference.objects.filter(kind="refund", reference=given.refund.reference).exists()

    def test_debits_once_for_one_id(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up, refund_id = bought(alice, stripe), uuid7()
        assert [ask(top_up, 700, refund_id=refund_id).is_new for _ in range(3)] == [True, False, False]
        assert alice.wallet().balance_nanos == 13 * USD
        with pytest.raises(RequestConflict):
            ask(top_up, 701, refund_id=refund_id)

    def test_refuses_a_third_refund_of_40_percent(self, stripe: StandIn):
        alice = cast.player("Alice", 100 * USD)
        top_up = bought(alice, stripe)
        refund(top_up, 800)
        refund(top_up, 800)
        with refused("refund_too_large"):
            ask(again(top_up), 800)
        assert (again(top_up).refunded_minor, kinds(alice)) == (1600, ["top_up", "refund", "refund"])

    def test_gives_all_of_it_with_its_bonus(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        row = refund(top_up, 2000)
        assert (row.debit_nanos, row.bonus_nanos) == (20 * USD, 2 * USD)
        assert alice.wallet().balance_nanos == 0

    def test_refuses_what_was_spent(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        cast.fund(alice.id, 100 * USD)
        spend(alice, 20 * MILLION)
        assert left(top_up.lot_id) < 20 * USD
        most = refundable.of(top_up).most_minor
        assert most == left(top_up.lot_id) // 10**7
        with refused("refund_too_large"):
            ask(top_up, most + 1)
        assert refund(top_up, most).state == "succeeded"

    def test_keeps_spent_bonus_back(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        spend(alice, MILLION // 1000 * 200)
        spent = MILLION // 1000 * 200
        assert left(top_up.bonus_lot_id) == 2 * USD - spent
        most = refundable.of(top_up).most_minor
        assert most == (20 * USD - spent) // 10**7
        row = refund(top_up, most)
        # Less than a cent cannot go back, and as little of the bonus stays.
        assert left(top_up.bonus_lot_id) == 2 * USD - spent - row.bonus_nanos
        assert 0 <= left(top_up.bonus_lot_id) < 10**6

    def test_counts_a_bonus_that_lapsed_with_a_refund_as_unspent(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        refund(top_up, 1000)
        assert refundable.of(again(top_up)).most_minor == 1000
        refund(again(top_up), 1000)
        assert alice.wallet().balance_nanos == 0

    def test_takes_only_what_no_request_holds(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        held = cast.hold(alice, out=128_000).amount_nanos
        can = refundable.of(top_up)
        assert can.most_minor == (20 * USD - held) // 10**7
        assert list(can.reasons()) == ["running requests hold credit"]
        with refused("refund_too_large"):
            ask(top_up, can.most_minor + 1)

    def test_refuses_a_frozen_customer(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        with refused("customer_frozen", Refused):
            ask(top_up, 100)
        assert refundable.of(top_up).most_minor == 0

    def test_refuses_a_top_up_that_is_not_paid(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        with refused("top_up_not_paid"):
            ask(top_up, 100)

    @pytest.mark.parametrize("minor", [0, -1, 2001, 10**18])
    def test_refuses_amounts_that_make_no_sense(self, stripe: StandIn, minor: int):
        top_up = bought(cast.player("Alice"), stripe)
        with pytest.raises(Unacceptable, check=lambda error: error.extra["field"] == "amount"):
            ask(top_up, minor)

    def test_does_not_find_somebody_elses(self, stripe: StandIn):
        top_up = bought(cast.player("Alice"), stripe)
        top_up.customer_id = cast.player("Charlie").id
        with pytest.raises(NotFound):
            ask(top_up, 100)

    def test_debits_nothing_where_the_provider_is_switched_off(self, stripe: StandIn, monkeypatch):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        monkeypatch.setitem(registry._MAKERS, "stripe", lambda: None)
        registry._made.cache_clear()
        with pytest.raises(Unavailable):
            ask(top_up, 100)
        assert (Refund.objects.count(), alice.wallet().balance_nanos) == (0, 20 * USD)
