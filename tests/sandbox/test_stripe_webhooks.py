"""Webhooks of Stripe's stand-in: signed, sent again, and by the seed doubled, lost or out of order."""

import pytest
import stripe

from tests.sandbox.orders import paid
from tests.sandbox.receiver import Receiver
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET, Control

PAID_EVENTS = 4


class TestSign:
    def test_convinces_only_who_knows_the_secret(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        paid(client, stripe_sandbox)
        stripe_sandbox.flush()

        assert len(receiver.stripe_events(STRIPE_WEBHOOK_SECRET)) == PAID_EVENTS
        with pytest.raises(stripe.SignatureVerificationError):
            receiver.stripe_events("whsec_other")

    def test_is_refused_after_the_secret_was_rotated(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        stripe_sandbox.act("rotate", secret="whsec_new")
        paid(client, stripe_sandbox)
        stripe_sandbox.flush()

        with pytest.raises(stripe.SignatureVerificationError):
            receiver.stripe_events(STRIPE_WEBHOOK_SECRET)
        assert len(receiver.stripe_events("whsec_new")) == PAID_EVENTS

    def test_signs_with_both_secrets_while_they_overlap(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        stripe_sandbox.act("rotate", secret="whsec_new", keep_old=True)
        paid(client, stripe_sandbox)
        stripe_sandbox.flush()

        assert receiver.stripe_types("whsec_new") == receiver.stripe_types(STRIPE_WEBHOOK_SECRET)

    def test_is_too_old_where_the_faults_say_so(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        stripe_sandbox.faults(sign_offset_s=-400)
        paid(client, stripe_sandbox)
        stripe_sandbox.flush()

        with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
            receiver.stripe_events(STRIPE_WEBHOOK_SECRET)


class TestEvents:
    def test_are_there_to_be_looked_up(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        paid(client, stripe_sandbox)
        stripe_sandbox.flush()
        (event, *_) = receiver.stripe_events(STRIPE_WEBHOOK_SECRET)

        assert client.v1.events.retrieve(event.id).data.to_dict() == event.data.to_dict()
        assert event.api_version == stripe.api_version

    def test_are_listed_for_30_days(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        paid(client, stripe_sandbox)

        stripe_sandbox.advance(30 * 86400 + 1)

        assert client.v1.events.list().data == []


class TestDeliver:
    def test_sends_again_until_it_is_acknowledged(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        receiver.statuses = [500] * PAID_EVENTS
        paid(client, stripe_sandbox)

        assert stripe_sandbox.flush() == {"delivered": 0, "failed": 4, "pending": 4}
        undelivered = client.v1.events.list(params={"delivery_success": False})
        assert len(undelivered.data) == PAID_EVENTS

        assert stripe_sandbox.flush() == {"delivered": 4, "failed": 0, "pending": 0}
        assert client.v1.events.list(params={"delivery_success": False}).data == []
        first, second = receiver.received[:PAID_EVENTS], receiver.received[PAID_EVENTS:]
        assert [one.body for one in first] == [one.body for one in second]

    def test_loses_messages_but_not_events(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        stripe_sandbox.faults(drop_all=True)
        paid(client, stripe_sandbox)
        stripe_sandbox.flush()

        assert receiver.received == []
        types = ["checkout.session.completed"]
        lost = client.v1.events.list(params={"delivery_success": False, "types": types})
        assert [event.type for event in lost.data] == types

    def test_doubles_and_reorders_by_the_seed(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        orders = []
        for _ in range(2):
            receiver.received.clear()
            stripe_sandbox.seed(3)
            stripe_sandbox.faults(duplicate=0.5, reorder=0.9, delay_ms=1000)
            paid(client, stripe_sandbox)
            stripe_sandbox.flush()
            orders.append(receiver.stripe_types(STRIPE_WEBHOOK_SECRET))

        assert orders[0] == orders[1]
        assert len(orders[0]) > PAID_EVENTS
        assert orders[0].index("checkout.session.completed") < orders[0].index("charge.succeeded")

    def test_goes_out_by_itself(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        stripe_sandbox.resume()
        paid(client, stripe_sandbox)

        # Flushing waits for the delivery that is already under way.
        stripe_sandbox.flush()

        assert len(receiver.received) == PAID_EVENTS
