"""Checkout at Stripe's stand-in, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.payments.currencies import UnknownCurrency
from billing.payments.errors import Rejected, Unreachable
from billing.payments.protocol import Lookup, PaymentState
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import order, paid, provider_at, seen
from tests.sandbox_servers import Control


class TestStartCheckout:
    def test_leads_to_a_page_of_stripe(self, stripe_provider: StripeProvider):
        placed = order()

        checkout = stripe_provider.start_checkout(placed)

        assert checkout.object_id.startswith("cs_test_")
        assert checkout.url
        assert checkout.qr_code is None
        assert checkout.expires_at == placed.expires_at

    def test_sends_what_the_payment_is_recognised_by(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        placed = order(reference="top-up-7")

        stripe_provider.start_checkout(placed)

        [session] = stripe_sandbox.objects("checkout.session")
        assert session["client_reference_id"] == "top-up-7"
        assert session["metadata"] == {
            "reference": "top-up-7",
            "top_up_id": str(placed.top_up_id),
            "customer_id": str(placed.customer_id),
        }
        assert (session["amount_total"], session["currency"]) == (2000, "usd")

    def test_opens_one_session_for_one_order(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        placed = order()

        first = stripe_provider.start_checkout(placed)

        assert stripe_provider.start_checkout(placed) == first
        assert len(stripe_sandbox.objects("checkout.session")) == 1

    def test_refuses_the_same_reference_for_another_amount(self, stripe_provider: StripeProvider):
        stripe_provider.start_checkout(order(reference="top-up-7"))

        with pytest.raises(Rejected) as refused:
            stripe_provider.start_checkout(order(reference="top-up-7", amount_minor=2001))
        assert refused.value.reason == "idempotency_error"

    @pytest.mark.parametrize("minutes", [-60, 5, 25 * 60])
    def test_refuses_a_time_that_stripe_does_not_offer(self, stripe_provider: StripeProvider, minutes: int):
        with pytest.raises(Rejected):
            stripe_provider.start_checkout(order(expires_at=datetime.now(UTC) + timedelta(minutes=minutes)))

    def test_refuses_a_currency_whose_minor_unit_it_does_not_know(self, stripe_provider: StripeProvider):
        with pytest.raises(UnknownCurrency):
            stripe_provider.start_checkout(order(currency="UGX"))

    def test_saves_a_card_only_where_asked(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        assert paid(stripe_provider, stripe_sandbox).card is None
        assert paid(stripe_provider, stripe_sandbox, save_card=True).card is not None

    def test_keeps_saved_cards_with_one_payer(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payer = stripe_provider.open_payer(order().customer_id, "alice@example.com")

        payment = paid(stripe_provider, stripe_sandbox, payer=payer, save_card=True)

        assert payment.card
        assert payment.card.payer == payer
        assert (payment.card.brand, payment.card.last4) == ("visa", "4242")

    def test_does_not_know_what_happened_where_nobody_answers(self):
        with pytest.raises(Unreachable):
            provider_at("http://127.0.0.1:9").start_checkout(order())

    def test_undoes_nothing_because_of_a_wrong_key(self, stripe_sandbox: Control):
        with pytest.raises(Unreachable):
            provider_at(stripe_sandbox.url, secret_key="sk_test_wrong").start_checkout(order())


class TestClose:
    def test_lets_nobody_pay_any_more(self, stripe_provider: StripeProvider):
        session = stripe_provider.start_checkout(order())

        stripe_provider.close(session.object_id)

        assert seen(stripe_provider, session.object_id).state is PaymentState.CLOSED

    def test_may_be_repeated(self, stripe_provider: StripeProvider):
        session = stripe_provider.start_checkout(order())

        stripe_provider.close(session.object_id)
        stripe_provider.close(session.object_id)

    @pytest.mark.parametrize("how", ["pay", "pay_later"])
    def test_is_refused_once_somebody_paid(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control, how: str
    ):
        session = stripe_provider.start_checkout(order())
        stripe_sandbox.act("complete", session=session.object_id, how=how)

        with pytest.raises(Rejected):
            stripe_provider.close(session.object_id)

    def test_is_refused_for_a_saved_cards_payment_that_was_paid(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment_id = paid(stripe_provider, stripe_sandbox).payment_id
        assert payment_id

        with pytest.raises(Rejected):
            stripe_provider.close(payment_id)

    def test_is_refused_for_what_stripe_does_not_know(self, stripe_provider: StripeProvider):
        with pytest.raises(Rejected):
            stripe_provider.close("cs_test_unknown")


class TestOpenPayer:
    def test_makes_one_payer_for_each_customer(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        alice = order().customer_id

        first = stripe_provider.open_payer(alice, "alice@example.com")

        assert stripe_provider.open_payer(alice, "alice@example.com") == first
        assert stripe_provider.open_payer(alice, "alice@example.org") == first
        [payer] = stripe_sandbox.objects("customer")
        assert payer["email"] == "alice@example.com"


class TestFetchNothing:
    @pytest.mark.parametrize(
        "lookup",
        [Lookup(object_id="cs_test_unknown"), Lookup(payment_id="pi_unknown"), Lookup(object_id="x")],
    )
    def test_finds_none_of_what_stripe_does_not_know(self, stripe_provider: StripeProvider, lookup: Lookup):
        assert stripe_provider.fetch(lookup) is None
