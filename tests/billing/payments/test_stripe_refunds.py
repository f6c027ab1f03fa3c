"""Refunds and disputes at Stripe's stand-in."""

import dataclasses

import pytest

from billing.payments.errors import Rejected
from billing.payments.protocol import RefundState
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import paid, refund_of, seen
from tests.sandbox_servers import Control


class TestRefund:
    def test_is_seen_with_our_reference(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        wanted = refund_of(payment, 500)

        refund = stripe_provider.refund(wanted)

        assert refund.reference == wanted.reference
        assert (refund.amount_minor, refund.currency, refund.state) == (500, "USD", RefundState.SUCCEEDED)
        assert seen(stripe_provider, payment.object_id).refunds == (refund,)

    @pytest.mark.parametrize("later", [0, 86_460])
    def test_happens_once_for_one_reference(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control, later: int
    ):
        payment = paid(stripe_provider, stripe_sandbox)
        wanted = refund_of(payment, 500)
        refund = stripe_provider.refund(wanted)
        # After a day Stripe has forgotten the idempotency key.
        stripe_sandbox.advance(later)

        assert stripe_provider.refund(wanted) == refund
        assert len(stripe_sandbox.objects("refund")) == 1

    def test_of_more_than_was_paid_is_refused(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        stripe_provider.refund(refund_of(payment, 1500))

        with pytest.raises(Rejected):
            stripe_provider.refund(refund_of(payment, 501))
        with pytest.raises(Rejected):
            stripe_provider.refund(dataclasses.replace(refund_of(payment), payment_id="pi_unknown"))

    def test_of_all_cannot_be_followed_by_another(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment = paid(stripe_provider, stripe_sandbox)
        stripe_provider.refund(refund_of(payment, 2000))

        with pytest.raises(Rejected) as refused:
            stripe_provider.refund(refund_of(payment, 1))
        assert refused.value.reason == "charge_already_refunded"

    def test_that_stripe_made_has_no_reference_of_ours(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment = paid(stripe_provider, stripe_sandbox)
        stripe_sandbox.act("refund", session=payment.object_id, amount=300)

        [refund] = seen(stripe_provider, payment.object_id).refunds

        assert (refund.reference, refund.amount_minor) == (None, 300)

    def test_that_failed_later_is_seen_as_failed(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        stripe_sandbox.act("refund_status", status="pending")
        payment = paid(stripe_provider, stripe_sandbox)
        refund = stripe_provider.refund(refund_of(payment, 500))
        assert refund.state is RefundState.PENDING

        stripe_sandbox.act("fail_refund", refund=refund.refund_id)

        [failed] = seen(stripe_provider, payment.object_id).refunds
        assert (failed.refund_id, failed.state) == (refund.refund_id, RefundState.FAILED)
        assert failed.reason

    def test_is_listed_beyond_the_first_page(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        for _ in range(101):
            stripe_sandbox.act("refund", session=payment.object_id, amount=1)

        refunds = seen(stripe_provider, payment.object_id).refunds

        assert len({refund.refund_id for refund in refunds}) == 101


class TestDispute:
    def test_takes_money_and_a_fee(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        stripe_sandbox.act("dispute", session=payment.object_id, withdraw=True)

        [dispute] = seen(stripe_provider, payment.object_id).disputes

        assert (dispute.amount_minor, dispute.currency, dispute.reason) == (2000, "USD", "fraudulent")
        [taken] = dispute.moved
        assert taken.amount_minor == -2000
        assert taken.fee_minor > 0
        assert taken.currency == "USD"

    def test_gives_money_back_when_it_is_won(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        opened = stripe_sandbox.act("dispute", session=payment.object_id, withdraw=True)
        stripe_sandbox.act("reinstate", dispute=opened["id"])
        stripe_sandbox.act("close", dispute=opened["id"], status="won")

        [dispute] = seen(stripe_provider, payment.object_id).disputes

        assert dispute.status == "won"
        assert [moved.amount_minor for moved in dispute.moved] == [-2000, 2000]
        assert len({moved.transaction_id for moved in dispute.moved}) == 2

    def test_that_is_an_inquiry_moves_nothing(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        stripe_sandbox.act("dispute", session=payment.object_id, inquiry=True)

        [dispute] = seen(stripe_provider, payment.object_id).disputes

        assert dispute.status.startswith("warning_")
        assert dispute.moved == ()
