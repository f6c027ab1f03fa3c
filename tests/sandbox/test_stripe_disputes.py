"""Disputes and fraud warnings at Stripe's stand-in."""

import pytest
import stripe

from tests.sandbox.orders import paid
from tests.sandbox.receiver import Receiver
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET, Control


def only_dispute(client: stripe.StripeClient, intent: str) -> stripe.Dispute:
    (found,) = client.v1.disputes.list(params={"payment_intent": intent}).data
    return found


class TestDispute:
    def test_takes_and_gives_back_money_in_two_transactions(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        stripe_sandbox.flush()
        receiver.received.clear()
        dispute = stripe_sandbox.act("dispute", payment_intent=intent)["id"]
        assert only_dispute(client, intent).balance_transactions == []

        stripe_sandbox.act("withdraw", dispute=dispute)
        (taken,) = only_dispute(client, intent).balance_transactions
        assert (taken.amount, taken.fee, taken.net) == (-2000, 1500, -3500)
        assert (taken.type, taken.reporting_category) == ("adjustment", "dispute")

        stripe_sandbox.act("reinstate", dispute=dispute)
        stripe_sandbox.act("close", dispute=dispute, status="won")
        seen = only_dispute(client, intent)
        assert [one.amount for one in seen.balance_transactions] == [-2000, 2000]
        assert seen.status == "won"
        stripe_sandbox.flush()
        assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET) == [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
            "charge.dispute.closed",
        ]

    def test_moves_no_money_while_it_is_an_inquiry(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent

        dispute = stripe_sandbox.act("dispute", payment_intent=intent, inquiry=True)["id"]
        assert only_dispute(client, intent).status == "warning_needs_response"
        stripe_sandbox.act("close", dispute=dispute, status="warning_closed")

        assert only_dispute(client, intent).balance_transactions == []

    def test_may_take_another_amount_than_was_paid(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        dispute = stripe_sandbox.act("dispute", payment_intent=intent)["id"]

        stripe_sandbox.act("withdraw", dispute=dispute, amount=2100)

        assert only_dispute(client, intent).balance_transactions[0].amount == -2100

    def test_stops_refunds(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        stripe_sandbox.act("dispute", payment_intent=intent, withdraw=True)

        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create(params={"payment_intent": intent})

        assert refused.value.code == "charge_disputed"


class TestWarn:
    def test_shows_an_early_fraud_warning(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent

        warning = stripe_sandbox.act("fraud_warning", payment_intent=intent)

        found = client.v1.radar.early_fraud_warnings.list(params={"payment_intent": intent})
        assert [(one.id, one.actionable) for one in found.data] == [(warning["id"], True)]
        stripe_sandbox.flush()
        assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET)[-1] == "radar.early_fraud_warning.created"
