"""The account's own books at Stripe's stand-in: balance transactions, fees and payouts."""

from typing import Any

import pytest
import stripe

from tests.sandbox.orders import checkout, paid
from tests.sandbox_servers import Control


def lines(client: stripe.StripeClient, **filters: str) -> list[stripe.BalanceTransaction]:
    """Oldest first."""
    params: Any = {"limit": 100, **filters}
    return client.v1.balance_transactions.list(params=params).data[::-1]


class TestLines:
    def test_tell_the_story_of_a_payment(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        intent = paid(client, stripe_sandbox).payment_intent
        refund = client.v1.refunds.create(params={"payment_intent": intent, "amount": 500})
        stripe_sandbox.act("fail_refund", refund=refund.id)
        dispute = stripe_sandbox.act("dispute", payment_intent=intent, withdraw=True)["id"]
        stripe_sandbox.act("reinstate", dispute=dispute)

        seen = [(one.type, one.reporting_category, one.amount, one.fee, one.net) for one in lines(client)]

        assert seen == [
            ("charge", "charge", 2000, 88, 1912),
            ("refund", "refund", -500, 0, -500),
            ("refund_failure", "refund_failure", 500, 0, 500),
            ("adjustment", "dispute", -2000, 1500, -3500),
            ("adjustment", "dispute_reversal", 2000, 0, 2000),
        ]

    def test_take_back_a_debit_that_failed(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        session = checkout(client).id
        stripe_sandbox.act("complete", session=session, how="pay_later")
        stripe_sandbox.act("settle", session=session, succeeds=False)

        assert [(one.type, one.net) for one in lines(client)] == [
            ("payment", 1912),
            ("payment_failure_refund", -1912),
        ]

    def test_are_available_after_two_days(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        paid(client, stripe_sandbox)
        assert [one.status for one in lines(client)] == ["pending"]

        stripe_sandbox.advance(2 * 86400)

        assert [one.status for one in lines(client)] == ["available"]


class TestPayOut:
    def test_sends_what_is_there_and_says_what_is_in_it(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        paid(client, stripe_sandbox)
        paid(client, stripe_sandbox)
        payout = stripe_sandbox.act("payout")
        paid(client, stripe_sandbox)

        inside = lines(client, payout=payout["id"])

        assert payout["amount"] == 2 * 1912
        assert [(one.type, one.net) for one in inside] == [
            ("charge", 1912),
            ("charge", 1912),
            ("payout", -3824),
        ]
        assert sum(one.net for one in lines(client)) == 1912

    def test_sends_nothing_twice(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        paid(client, stripe_sandbox)
        stripe_sandbox.act("payout")

        with pytest.raises(AssertionError, match="nothing to pay out"):
            stripe_sandbox.act("payout")
