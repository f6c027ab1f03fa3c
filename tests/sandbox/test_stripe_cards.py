"""Saved cards at Stripe's stand-in, charged while their owner is away."""

import pytest
import stripe

from tests.sandbox.orders import checkout, saved_card
from tests.sandbox_servers import Control


def charge(
    client: stripe.StripeClient, customer: str, card: str, key: str = "auto-1"
) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        params={
            "amount": 1500,
            "currency": "usd",
            "customer": customer,
            "payment_method": card,
            "off_session": True,
            "confirm": True,
            "metadata": {"top_up": "2"},
            "expand": ["latest_charge"],
        },
        options={"idempotency_key": key},
    )


class TestAccount:
    def test_is_ours(self, client: stripe.StripeClient) -> None:
        account = client.v1.accounts.retrieve_current()

        assert (account.object, account.charges_enabled) == ("account", True)


class TestSave:
    def test_keeps_a_card_only_where_it_was_asked_for(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        customer = client.v1.customers.create(params={"email": "alice@example.com"})
        session = checkout(client, customer=customer.id)

        stripe_sandbox.act("complete", session=session.id, how="pay")

        assert client.v1.customers.payment_methods.list(customer.id).data == []

    def test_keeps_none_where_the_person_does_not_want_it(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        customer = client.v1.customers.create(params={"email": "alice@example.com"})
        data = {"setup_future_usage": "off_session"}
        session = checkout(client, customer=customer.id, payment_intent_data=data)

        stripe_sandbox.act("complete", session=session.id, how="pay", save_card=False)

        assert client.v1.customers.payment_methods.list(customer.id).data == []

    def test_makes_a_customer_where_there_is_none(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        session = checkout(client, payment_intent_data={"setup_future_usage": "off_session"})

        stripe_sandbox.act("complete", session=session.id, how="pay")

        expand = ["payment_intent.payment_method"]
        seen = client.v1.checkout.sessions.retrieve(session.id, params={"expand": expand})
        assert isinstance(seen.payment_intent, stripe.PaymentIntent)
        method = seen.payment_intent.payment_method
        assert isinstance(method, stripe.PaymentMethod)
        assert method.card
        assert (method.customer, method.card.last4) == (seen.customer, "4242")


class TestCharge:
    def test_charges_a_good_card(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        customer, card = saved_card(client, stripe_sandbox)

        intent = charge(client, customer, card)

        assert (intent.status, intent.amount_received) == ("succeeded", 1500)
        assert isinstance(intent.latest_charge, stripe.Charge)
        assert intent.latest_charge.metadata["top_up"] == "2"

    @pytest.mark.parametrize(
        ("behaviour", "code"), [("declines", "card_declined"), ("confirms", "authentication_required")]
    )
    def test_answers_402_for_a_card_that_does_not_work(
        self, client: stripe.StripeClient, stripe_sandbox: Control, behaviour: str, code: str
    ) -> None:
        customer, card = saved_card(client, stripe_sandbox, behaviour=behaviour)

        with pytest.raises(stripe.CardError) as refused:
            charge(client, customer, card)

        assert (refused.value.http_status, refused.value.code) == (402, code)
        assert refused.value.error
        intent = refused.value.error.payment_intent
        assert intent
        assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)

    def test_answers_the_same_refusal_under_the_same_key(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        customer, card = saved_card(client, stripe_sandbox, behaviour="declines")
        with pytest.raises(stripe.CardError):
            charge(client, customer, card)
        stripe_sandbox.act("card", payment_method=card, behaviour="good")

        with pytest.raises(stripe.CardError):
            charge(client, customer, card)

        assert charge(client, customer, card, "auto-2").status == "succeeded"

    def test_refuses_a_detached_card(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        customer, card = saved_card(client, stripe_sandbox)
        client.v1.payment_methods.detach(card)

        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            charge(client, customer, card)
