"""Refunds that we gave up and that the provider made all the same."""

import pytest

from billing.models import Refund
from billing.payments.protocol import RefundOrder, RefundSeen
from tests import cast
from tests.billing.refunds.purchases import ask, bought, deliver
from tests.billing.top_ups.purchases import again, look
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


class TestGivenUp:
    def test_is_debited_where_another_process_gave_it_up_meanwhile(
        self, stripe: StandIn, monkeypatch: pytest.MonkeyPatch
    ):
        """One is refused, undoes the refund, and only then the other one's call gets through."""
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        row = ask(top_up, 700).refund
        at_once = stripe.refund

        def late(order: RefundOrder) -> RefundSeen:
            monkeypatch.setattr(stripe, "refund", at_once)
            stripe.rejects = "not_now"
            assert deliver(row).state == "failed"
            stripe.rejects = ""
            return at_once(order)

        monkeypatch.setattr(stripe, "refund", late)

        assert deliver(row).state == "failed"
        assert again(top_up).next_check_at is not None
        for _ in range(2):
            look(top_up)

        assert sorted(each.state for each in Refund.objects.all()) == ["failed", "succeeded"]
        assert alice.wallet().balance_nanos == 13 * USD
