"""Saved cards at Stripe's stand-in, charged while their owner is away."""

import dataclasses

import pytest

from billing.payments.errors import Declined, Rejected
from billing.payments.protocol import Lookup, PaymentState
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import card_order, order
from tests.sandbox_servers import Control

DAY = 86_400


class TestChargeCard:
    def test_charges_the_card_at_once(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        placed = card_order(stripe_provider, stripe_sandbox)

        payment = stripe_provider.charge_card(placed)

        assert payment.state is PaymentState.PAID
        assert payment.reference == placed.reference
        assert payment.object_id == payment.payment_id
        assert (payment.amount_minor, payment.currency, payment.mode) == (2000, "USD", "payment")

    def test_is_found_again_by_its_payment_intent(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment = stripe_provider.charge_card(card_order(stripe_provider, stripe_sandbox))

        assert stripe_provider.fetch(Lookup(object_id=payment.object_id)) == payment

    @pytest.mark.parametrize("later", [0, DAY + 60])
    def test_charges_once_for_one_order(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control, later: int
    ):
        placed = card_order(stripe_provider, stripe_sandbox)
        payment = stripe_provider.charge_card(placed)
        charged = len(stripe_sandbox.objects("charge"))
        # After a day Stripe has forgotten the idempotency key.
        stripe_sandbox.advance(later)

        assert stripe_provider.charge_card(placed).payment_id == payment.payment_id
        assert len(stripe_sandbox.objects("charge")) == charged

    @pytest.mark.parametrize(
        ("behaviour", "needs_customer", "reason"),
        [("declines", False, "generic_decline"), ("confirms", True, "authentication_required")],
    )
    def test_says_why_nothing_was_charged(
        self,
        stripe_provider: StripeProvider,
        stripe_sandbox: Control,
        behaviour: str,
        needs_customer: bool,
        reason: str,
    ):
        placed = card_order(stripe_provider, stripe_sandbox, behaviour=behaviour)

        for later in (0, 0, DAY + 60):
            stripe_sandbox.advance(later)
            with pytest.raises(Declined) as declined:
                stripe_provider.charge_card(placed)
            assert declined.value.needs_customer is needs_customer
            assert declined.value.reason == reason
        assert len([one for one in stripe_sandbox.objects("charge") if one["status"] == "failed"]) == 1

    def test_refuses_a_card_of_somebody_else(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        alices = card_order(stripe_provider, stripe_sandbox)
        bob = stripe_provider.open_payer(order().top_up_id, "bob@example.com")

        with pytest.raises(Rejected):
            stripe_provider.charge_card(dataclasses.replace(alices, payer=bob))


class TestFindCharge:
    def test_finds_none_before_anything_was_charged(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        assert stripe_provider.find_charge(card_order(stripe_provider, stripe_sandbox)) is None

    def test_finds_what_was_charged(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        placed = card_order(stripe_provider, stripe_sandbox)

        assert stripe_provider.charge_card(placed) == stripe_provider.find_charge(placed)

    def test_finds_what_was_declined(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        placed = card_order(stripe_provider, stripe_sandbox, behaviour="declines")
        with pytest.raises(Declined):
            stripe_provider.charge_card(placed)

        found = stripe_provider.find_charge(placed)

        assert found
        assert (found.state, found.failure) == (PaymentState.FAILED, "generic_decline")
