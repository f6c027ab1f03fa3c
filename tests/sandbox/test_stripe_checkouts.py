"""Checkout at Stripe's stand-in, through the SDK and through the page."""

import pytest
import stripe

from tests.sandbox.orders import checkout, paid
from tests.sandbox.receiver import Receiver
from tests.sandbox_servers import HTTP, STRIPE_WEBHOOK_SECRET, Control


class TestCreate:
    def test_opens_a_session_nobody_has_paid(self, client: stripe.StripeClient) -> None:
        session = checkout(client)

        assert (session.status, session.payment_status) == ("open", "unpaid")
        assert (session.amount_total, session.currency) == (2000, "usd")
        assert session.client_reference_id == "top-up-1"
        assert session.metadata["top_up"] == "1"
        assert session.payment_intent is None
        assert session.url.endswith(session.id)
        assert session.livemode is False

    def test_refuses_unknown_parameters(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            checkout(client, payment_intent_data={"metadata": {}, "colour": "blue"})

        assert refused.value.code == "parameter_unknown"
        assert refused.value.param == "payment_intent_data[colour]"
        assert refused.value.http_status == 400

    def test_refuses_an_expiry_too_near(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            checkout(client, expires_at=1)

        assert refused.value.param == "expires_at"

    def test_refuses_an_unknown_customer(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            checkout(client, customer="cus_nobody")

        assert (refused.value.code, refused.value.http_status) == ("resource_missing", 400)

    def test_refuses_a_wrong_key(self, stripe_sandbox: Control) -> None:
        other = stripe.StripeClient("sk_test_other", base_addresses={"api": stripe_sandbox.url})

        with pytest.raises(stripe.AuthenticationError):
            checkout(other)


class TestPay:
    def test_is_paid_with_a_charge_in_the_books(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        session = paid(client, stripe_sandbox)

        expand = ["payment_intent.latest_charge.balance_transaction"]
        seen = client.v1.checkout.sessions.retrieve(session.id, params={"expand": expand})
        intent = seen.payment_intent
        assert (seen.status, seen.payment_status) == ("complete", "paid")
        assert isinstance(intent, stripe.PaymentIntent)
        assert (intent.status, intent.amount_received, intent.metadata["top_up"]) == ("succeeded", 2000, "1")
        charge = intent.latest_charge
        assert isinstance(charge, stripe.Charge)
        assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
        assert (charge.balance_transaction.amount, charge.balance_transaction.fee) == (2000, 88)

    def test_tells_the_webhook_in_order(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        session = paid(client, stripe_sandbox)
        stripe_sandbox.flush()

        events = receiver.stripe_events(STRIPE_WEBHOOK_SECRET)
        assert [event.type for event in events] == [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]
        assert events[-1].data.object["id"] == session.id
        assert events[-1].data.object["payment_status"] == "paid"

    def test_cannot_be_paid_twice(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        session = paid(client, stripe_sandbox)

        with pytest.raises(AssertionError, match="complete"):
            stripe_sandbox.act("complete", session=session.id, how="pay")


class TestDecline:
    def test_leaves_the_session_open_for_another_card(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        session = checkout(client)

        stripe_sandbox.act("complete", session=session.id, how="decline")

        seen = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent"]})
        assert (seen.status, seen.payment_status) == ("open", "unpaid")
        assert isinstance(seen.payment_intent, stripe.PaymentIntent)
        assert seen.payment_intent.status == "requires_payment_method"
        assert seen.payment_intent.last_payment_error
        assert seen.payment_intent.last_payment_error.code == "card_declined"
        stripe_sandbox.act("complete", session=session.id, how="pay")
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


class TestPayLater:
    @pytest.mark.parametrize(("status", "word"), [("paid", "succeeded"), ("unpaid", "failed")])
    def test_completes_unpaid_until_the_bank_answers(
        self,
        client: stripe.StripeClient,
        receiver: Receiver,
        stripe_sandbox: Control,
        *,
        status: str,
        word: str,
    ) -> None:
        session = checkout(client)
        stripe_sandbox.act("complete", session=session.id, how="pay_later")
        waiting = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent"]})
        assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
        assert isinstance(waiting.payment_intent, stripe.PaymentIntent)
        assert waiting.payment_intent.status == "processing"

        stripe_sandbox.act("settle", session=session.id, succeeds=word == "succeeded")
        stripe_sandbox.flush()

        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == status
        assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET)[-1] == f"checkout.session.async_payment_{word}"


class TestExpire:
    def test_ends_an_open_session(self, client: stripe.StripeClient) -> None:
        session = checkout(client)

        assert client.v1.checkout.sessions.expire(session.id).status == "expired"

        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.expire(session.id)

    def test_comes_with_time(
        self, client: stripe.StripeClient, stripe_sandbox: Control, receiver: Receiver
    ) -> None:
        session = checkout(client)

        stripe_sandbox.advance(24 * 3600 + 1)

        assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
        stripe_sandbox.flush()
        assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET) == ["checkout.session.expired"]


class TestList:
    def test_finds_the_session_of_a_payment(
        self, client: stripe.StripeClient, stripe_sandbox: Control
    ) -> None:
        session = paid(client, stripe_sandbox)
        paid(client, stripe_sandbox)

        found = client.v1.checkout.sessions.list(params={"payment_intent": session.payment_intent})

        assert [one.id for one in found.data] == [session.id]

    def test_pages_from_the_newest(self, client: stripe.StripeClient) -> None:
        made = [checkout(client).id for _ in range(5)]

        first = client.v1.checkout.sessions.list(params={"limit": 2, "created": {"gte": 1}})
        assert first.has_more is True
        assert [one.id for one in first.auto_paging_iter()] == made[::-1]
        later = client.v1.checkout.sessions.list(params={"created": {"gte": 4_000_000_000}})
        assert later.data == []


class TestPage:
    def test_shows_what_is_to_be_paid(self, client: stripe.StripeClient) -> None:
        page = HTTP.get(checkout(client).url)

        assert page.status_code == 200
        assert "$20.00" in page.text
        assert "Credit" in page.text
        assert "Save for later" not in page.text

    def test_pays_and_returns(self, client: stripe.StripeClient) -> None:
        session = checkout(client)

        answer = HTTP.post(session.url, data={"action": "pay"})

        assert answer.status_code == 303
        assert answer.headers["location"] == f"http://127.0.0.1:1/done?session={session.id}"
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert "This order is paid" in HTTP.get(session.url).text

    def test_abandons_without_a_trace(self, client: stripe.StripeClient) -> None:
        session = checkout(client)

        answer = HTTP.post(session.url, data={"action": "abandon"})

        assert answer.headers["location"] == "http://127.0.0.1:1/back"
        assert client.v1.checkout.sessions.retrieve(session.id).status == "open"

    def test_says_that_a_card_was_declined(self, client: stripe.StripeClient) -> None:
        answer = HTTP.post(checkout(client).url, data={"action": "decline"})

        assert answer.status_code == 402
        assert "declined" in answer.text

    @pytest.mark.parametrize(
        ("action", "status", "words"),
        [("bank_pays", "paid", "is paid"), ("bank_refuses", "unpaid", "refused this payment")],
    )
    def test_lets_a_person_say_what_the_bank_answers(
        self, client: stripe.StripeClient, action: str, status: str, words: str
    ) -> None:
        session = checkout(client)
        HTTP.post(session.url, data={"action": "pay_later"})
        assert "Your bank is working on this payment" in HTTP.get(session.url).text

        answer = HTTP.post(session.url, data={"action": action})

        assert words in answer.text
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == status

    def test_knows_no_session_but_its_own(self, stripe_sandbox: Control) -> None:
        assert HTTP.get(f"{stripe_sandbox.url}/c/pay/cs_test_nothing").status_code == 404
