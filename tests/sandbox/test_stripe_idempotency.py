"""Idempotency keys at Stripe's stand-in, and calls that go wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.sandbox.orders import checkout
from tests.sandbox_servers import Control


class TestIdempotency:
    def test_answers_again_what_was_answered(self, client: stripe.StripeClient) -> None:
        made = [client.v1.customers.create(options={"idempotency_key": "k1"}) for _ in range(2)]

        assert made[0].id == made[1].id
        assert made[1].last_response
        assert made[1].last_response.headers["Idempotent-Replayed"] == "true"

    def test_refuses_other_parameters(self, client: stripe.StripeClient) -> None:
        client.v1.customers.create(params={"email": "a@example.com"}, options={"idempotency_key": "k1"})

        with pytest.raises(stripe.IdempotencyError) as refused:
            client.v1.customers.create(params={"email": "b@example.com"}, options={"idempotency_key": "k1"})

        assert refused.value.http_status == 400

    def test_refuses_a_second_call_while_the_first_waits(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        stripe_sandbox.answer_in(2000)

        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(client.v1.customers.create, None, {"idempotency_key": "k1"}) for _ in "ab"]
            errors = [error for call in calls if (error := call.exception())]

        assert len(stripe_sandbox.objects("customer")) == 1
        (refused,) = errors
        assert isinstance(refused, stripe.StripeError)
        assert refused.http_status == 409
        assert "in-progress" in str(refused)

    def test_forgets_a_key_after_a_day(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        first = client.v1.customers.create(options={"idempotency_key": "k1"})

        stripe_sandbox.advance(24 * 3600 + 1)

        assert client.v1.customers.create(options={"idempotency_key": "k1"}).id != first.id

    def test_keeps_what_happened_when_the_answer_was_lost(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        stripe_sandbox.faults(cut=1)
        with pytest.raises(stripe.APIConnectionError):
            client.v1.customers.create(options={"idempotency_key": "k1"})
        stripe_sandbox.faults(cut=0)

        client.v1.customers.create(options={"idempotency_key": "k1"})

        assert len(stripe_sandbox.objects("customer")) == 1

    def test_does_nothing_when_calls_are_refused(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        stripe_sandbox.faults(refuse=1)

        with pytest.raises(stripe.APIError):
            checkout(client)

        assert stripe_sandbox.objects("checkout.session") == []
