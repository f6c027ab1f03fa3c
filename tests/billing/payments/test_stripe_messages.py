"""Webhooks as Stripe's stand-in sends and signs them, and what they are about."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.payments.errors import Forged, Unavailable
from billing.payments.protocol import Lookup, Message
from billing.payments.stripe import messages
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import paid, provider_at
from tests.forgeries.stripe_events import EVENT
from tests.sandbox.receiver import Receiver, listening
from tests.sandbox_servers import Control


def received(
    provider: StripeProvider, receiver: Receiver, *, now: datetime | None = None
) -> dict[str, Message]:
    """Every message that arrived, verified and read, by its kind."""
    read = [
        provider.read_message(one.body, one.headers, now=now or datetime.now(UTC))
        for one in receiver.received
    ]
    return {message.kind: message for message in read}


def message(**changes: Any) -> Message:
    return messages.message_of(EVENT | changes, account="acct_ours", livemode=False)


class TestReadMessage:
    def test_reads_what_stripe_sends(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        with listening() as receiver:
            stripe_sandbox.act("webhook", url=receiver.url)
            payment = paid(stripe_provider, stripe_sandbox)
            stripe_sandbox.flush()

        arrived = received(stripe_provider, receiver)

        assert {"checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"} <= set(arrived)
        completed = arrived["checkout.session.completed"]
        assert completed.lookup == Lookup(object_id=payment.object_id, payment_id=payment.payment_id)
        assert completed.event_id.startswith("evt_")
        assert completed.happened_at
        assert completed.foreign == ""
        for kind in ("payment_intent.succeeded", "charge.succeeded"):
            assert arrived[kind].lookup == Lookup(payment_id=payment.payment_id)

    def test_leads_from_every_message_to_the_payment(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control
    ):
        with listening() as receiver:
            stripe_sandbox.act("webhook", url=receiver.url)
            payment = paid(stripe_provider, stripe_sandbox)
            stripe_sandbox.act("refund", session=payment.object_id, amount=300)
            dispute = stripe_sandbox.act("dispute", session=payment.object_id, amount=500, withdraw=True)
            stripe_sandbox.act("reinstate", dispute=dispute["id"])
            stripe_sandbox.act("close", dispute=dispute["id"], status="won")
            stripe_sandbox.act("fraud_warning", session=payment.object_id)
            stripe_sandbox.flush()

        arrived = received(stripe_provider, receiver)

        about = {
            "refund.created",
            "charge.refunded",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
            "charge.dispute.closed",
            "radar.early_fraud_warning.created",
        }
        assert about <= set(arrived)
        for kind in about:
            assert arrived[kind].lookup == Lookup(payment_id=payment.payment_id), kind

    def test_refuses_another_accounts_secret(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        with listening() as receiver:
            stripe_sandbox.act("webhook", url=receiver.url)
            stripe_sandbox.act("rotate", secret="whsec_another")
            paid(stripe_provider, stripe_sandbox)
            stripe_sandbox.flush()

        with pytest.raises(Forged):
            received(stripe_provider, receiver)

    @pytest.mark.parametrize("seconds", [-400, 400])
    def test_refuses_what_was_not_signed_now(
        self, stripe_provider: StripeProvider, stripe_sandbox: Control, seconds: int
    ):
        with listening() as receiver:
            stripe_sandbox.act("webhook", url=receiver.url)
            paid(stripe_provider, stripe_sandbox)
            stripe_sandbox.flush()

        with pytest.raises(Forged):
            received(stripe_provider, receiver, now=datetime.now(UTC) + timedelta(seconds=seconds))

    def test_is_unavailable_without_a_secret(self, stripe_sandbox: Control):
        provider = provider_at(stripe_sandbox.url, webhook_secrets=("",))

        with pytest.raises(Unavailable):
            provider.read_message(b"{}", {}, now=datetime.now(UTC))


class TestMessageOf:
    def test_is_about_no_payment_where_its_kind_is_none_of_ours(self):
        assert message(type="customer.created").lookup is None
        assert message(type="payout.paid").lookup is None

    def test_is_about_no_payment_where_a_charge_has_none(self):
        charge = {"id": "ch_1", "object": "charge", "payment_intent": None}

        assert message(type="charge.succeeded", data={"object": charge}).lookup is None

    def test_takes_the_id_of_what_is_expanded(self):
        charge = {"id": "ch_1", "object": "charge", "payment_intent": {"id": "pi_1"}}

        assert message(type="charge.refunded", data={"object": charge}).lookup == Lookup(payment_id="pi_1")

    @pytest.mark.parametrize(
        ("changes", "foreign"),
        [
            ({}, ""),
            ({"account": "acct_ours"}, ""),
            ({"account": "acct_other"}, "account"),
            ({"livemode": True}, "livemode"),
            ({"account": "acct_other", "livemode": True}, "account"),
        ],
    )
    def test_says_whose_it_is(self, changes: dict[str, Any], foreign: str):
        assert message(**changes).foreign == foreign

    def test_believes_nothing_of_the_payload(self):
        generous = copy.deepcopy(EVENT)
        generous["data"]["object"]["amount_total"] = 10**12

        assert message(**generous) == message()
