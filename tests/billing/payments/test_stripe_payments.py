"""What Stripe's stand-in shows of a payment, in our words."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.payments.names import ProviderName
from billing.payments.protocol import Lookup, Payment, PaymentState
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import order, paid, seen
from tests.sandbox_servers import Control


def after(provider: StripeProvider, control: Control, **how: str) -> Payment:
    session = provider.start_checkout(order())
    control.act("complete", session=session.object_id, **how)
    return seen(provider, session.object_id)


class TestFetch:
    def test_shows_an_order_that_waits(self, stripe_provider: StripeProvider):
        placed = order()

        payment = seen(stripe_provider, stripe_provider.start_checkout(placed).object_id)

        assert payment.state is PaymentState.WAITING
        assert payment.reference == placed.reference
        assert payment.payment_id is None
        assert (payment.amount_minor, payment.currency, payment.mode) == (2000, "USD", "payment")
        assert (payment.provider, payment.account, payment.livemode) == (ProviderName.STRIPE, "", False)

    def test_shows_what_was_paid(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox, reference="top-up-7")

        assert payment.state is PaymentState.PAID
        assert payment.reference == "top-up-7"
        assert payment.payment_id
        assert (payment.amount_minor, payment.currency) == (2000, "USD")
        assert payment.paid_at
        assert abs(payment.paid_at - datetime.now(UTC)) < timedelta(minutes=5)
        assert (payment.refunds, payment.disputes, payment.fraud_warning) == ((), (), None)

    def test_shows_the_same_by_session_and_by_payment(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment = paid(stripe_provider, stripe_sandbox)

        by_payment = stripe_provider.fetch(Lookup(payment_id=payment.payment_id))

        assert by_payment == payment
        assert (
            stripe_provider.fetch(Lookup(object_id=payment.object_id, payment_id=payment.payment_id))
            == payment
        )

    def test_shows_no_money_while_the_bank_takes_days(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment = after(stripe_provider, stripe_sandbox, how="pay_later")

        assert payment.state is PaymentState.PROCESSING
        assert payment.paid_at is None

    @pytest.mark.parametrize(("succeeds", "state"), [(True, PaymentState.PAID), (False, PaymentState.FAILED)])
    def test_shows_what_the_bank_said_in_the_end(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control, succeeds: bool, state: PaymentState
    ):
        payment = after(stripe_provider, stripe_sandbox, how="pay_later")
        stripe_sandbox.act("settle", session=payment.object_id, succeeds=succeeds)

        by_session = seen(stripe_provider, payment.object_id)

        assert by_session.state is state
        assert bool(by_session.failure) is not succeeds
        assert stripe_provider.fetch(Lookup(payment_id=payment.payment_id)) == by_session

    def test_waits_after_a_declined_card_because_another_may_be_tried(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        payment = after(stripe_provider, stripe_sandbox, how="decline")

        assert payment.state is PaymentState.WAITING
        assert payment.failure

    def test_shows_a_session_whose_time_is_over(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        session = stripe_provider.start_checkout(order())
        stripe_sandbox.act("expire", session=session.object_id)

        assert seen(stripe_provider, session.object_id).state is PaymentState.CLOSED

    def test_shows_a_fraud_warning(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        payment = paid(stripe_provider, stripe_sandbox)
        warning = stripe_sandbox.act("fraud_warning", session=payment.object_id)

        assert seen(stripe_provider, payment.object_id).fraud_warning == warning["id"]


class TestChangedSince:
    def test_names_sessions_that_are_not_final(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        waiting = stripe_provider.start_checkout(order()).object_id
        processing = after(stripe_provider, stripe_sandbox, how="pay_later").object_id
        paid(stripe_provider, stripe_sandbox)
        stripe_provider.close(stripe_provider.start_checkout(order()).object_id)

        changed = list(stripe_provider.changed_since(datetime.now(UTC) - timedelta(days=3)))

        assert {lookup.object_id for lookup in changed} == {waiting, processing}

    def test_names_payments_whose_messages_were_not_delivered(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        stripe_sandbox.pause()
        stripe_sandbox.act("webhook", url="http://127.0.0.1:9/webhooks/stripe")
        payment = paid(stripe_provider, stripe_sandbox)

        changed = list(stripe_provider.changed_since(datetime.now(UTC) - timedelta(days=3)))

        assert Lookup(object_id=payment.object_id, payment_id=payment.payment_id) in changed
        assert Lookup(payment_id=payment.payment_id) in changed
        assert len(changed) == len(set(changed))

    def test_leaves_out_what_is_older(self, stripe_provider: StripeProvider):
        stripe_provider.start_checkout(order())

        assert list(stripe_provider.changed_since(datetime.now(UTC) + timedelta(hours=1))) == []
