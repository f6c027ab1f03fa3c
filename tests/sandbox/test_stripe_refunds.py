"""Refunds at Stripe's stand-in."""

import pytest
import stripe

from tests.sandbox.orders import checkout, paid
from tests.sandbox.receiver import Receiver
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET, Control


def refund(client: stripe.StripeClient, intent: str, amount: int, reference: str = "r-1") -> stripe.Refund:
    return client.v1.refunds.create(
        params={"payment_intent": intent, "amount": amount, "metadata": {"refund": reference}},
        options={"idempotency_key": f"refund:{intent}:{reference}"},
    )


class TestRefund:
    def test_gives_back_a_part(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        stripe_sandbox.flush()
        receiver.received.clear()

        made = refund(client, intent, 500)

        assert made.metadata
        assert (made.status, made.amount, made.metadata["refund"]) == ("succeeded", 500, "r-1")
        expand = ["latest_charge.refunds"]
        seen = client.v1.payment_intents.retrieve(intent, params={"expand": expand})
        charge = seen.latest_charge
        assert isinstance(charge, stripe.Charge)
        assert (charge.amount_refunded, charge.refunded) == (500, False)
        assert charge.refunds
        assert [one.id for one in charge.refunds.data] == [made.id]
        stripe_sandbox.flush()
        assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET) == ["charge.refunded", "refund.created"]

    def test_refuses_more_than_is_left(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        refund(client, intent, 800, "r-1")
        refund(client, intent, 800, "r-2")

        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as refused:
            refund(client, intent, 800, "r-3")

        assert "($8.00)" in str(refused.value)
        assert "($4.00)" in str(refused.value)
        assert len(client.v1.refunds.list(params={"payment_intent": intent}).data) == 2

    def test_refuses_what_was_refunded_whole(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        refund(client, intent, 2000, "r-1")

        with pytest.raises(stripe.InvalidRequestError) as refused:
            refund(client, intent, 1, "r-2")

        assert refused.value.code == "charge_already_refunded"

    def test_refuses_what_nobody_paid(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        session = checkout(client)
        stripe_sandbox.act("complete", session=session.id, how="decline")
        intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent

        with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
            refund(client, str(intent), 1)


class TestSettle:
    def test_ends_a_pending_refund(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        stripe_sandbox.act("refund_status", status="pending")
        made = refund(client, paid(client, stripe_sandbox).payment_intent, 2000)
        assert made.status == "pending"

        stripe_sandbox.act("settle_refund", refund=made.id)

        assert client.v1.refunds.retrieve(made.id).status == "succeeded"

    def test_is_pending_for_a_bank_debit(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        session = checkout(client)
        stripe_sandbox.act("complete", session=session.id, how="pay_later")
        stripe_sandbox.act("settle", session=session.id, succeeds=True)
        intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent

        made = refund(client, str(intent), 2000)

        assert (made.status, made.pending_reason) == ("pending", "processing")

    @pytest.mark.parametrize("born", ["pending", "succeeded"])
    def test_fails_and_gives_the_money_back_to_us(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver, born: str
    ) -> None:
        stripe_sandbox.act("refund_status", status=born)
        intent = paid(client, stripe_sandbox).payment_intent
        made = refund(client, intent, 2000)

        stripe_sandbox.act("fail_refund", refund=made.id)

        seen = client.v1.refunds.retrieve(made.id, params={"expand": ["failure_balance_transaction"]})
        assert seen.status == "failed"
        assert isinstance(seen.failure_balance_transaction, stripe.BalanceTransaction)
        assert seen.failure_balance_transaction.amount == 2000
        assert seen.failure_balance_transaction.type == "refund_failure"
        stripe_sandbox.flush()
        assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET)[-3:] == [
            "refund.updated",
            "charge.refund.updated",
            "refund.failed",
        ]
        assert refund(client, intent, 2000, "r-2").amount == 2000


class TestDashboard:
    def test_refunds_without_metadata_of_ours(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        intent = paid(client, stripe_sandbox).payment_intent

        stripe_sandbox.act("refund", payment_intent=intent, amount=700)

        found = client.v1.refunds.list(params={"payment_intent": intent}).data
        assert [(one.amount, one.metadata.to_dict() if one.metadata else {}) for one in found] == [(700, {})]
