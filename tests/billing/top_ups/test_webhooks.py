"""The webhooks: signature before everything, inbox before the answer, effects once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from billing.models import PaymentAlert, ProviderEvent, TopUp
from billing.payments import registry
from billing.payments.protocol import PaymentState
from billing.services.top_ups import events
from billing.webhooks import receiving
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, books, look
from tests.cast import USD
from tests.stand_in import StandIn, sign

pytestmark = pytest.mark.usefixtures("committed_db")


def post(provider: StandIn, body: bytes, headers: dict[str, str]) -> HttpResponse:
    address = f"/webhooks/{provider.name.value}"
    response = Client(enforce_csrf_checks=True).post(
        address, body, content_type="application/json", headers=headers
    )
    assert isinstance(response, HttpResponse)
    return response


def tell(provider: StandIn, top_up: TopUp, **said: Any) -> ProviderEvent:
    """Send a signed message about a top-up and return what was stored of it."""
    body, headers = provider.message(**({"object_id": top_up.object_id} | said))
    response = post(provider, body, headers)
    assert response.status_code == 200, response.content
    return ProviderEvent.objects.get(event_id=json.loads(body)["id"], body=body)


class TestWebhook:
    def test_credits_in_the_same_call(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        event = tell(stripe, top_up, kind="checkout.session.completed")
        assert (event.state, event.attempts, event.next_try_at) == ("done", 1, None)
        assert books(alice) == (20 * USD, 1, 1)

    def test_answers_alipay_with_seven_bytes(self, alipay: StandIn):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        alipay.pay(top_up.object_id)
        response = post(alipay, *alipay.message(object_id=top_up.object_id))
        assert (response.status_code, response.content) == (200, b"success")
        assert response["Content-Type"] == "text/plain"
        assert again(top_up).state == "paid"

    def test_believes_nothing_that_a_message_says(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        event = tell(stripe, top_up, payment_status="paid", amount_total=2000)
        assert event.state == "done"
        assert (again(top_up).state, books(alice)) == ("open", (0, 0, 0))

    @pytest.mark.parametrize("name", ["stripe", "alipay"])
    @pytest.mark.parametrize(
        ("body", "signature"),
        [
            (b"{}", None),
            (b"{}", "wrong"),
            (b"", ""),
            (b"[" * 100_000, sign(b"{}")),
            (b"\xff\xfe", "wrong"),
        ],
    )
    def test_refuses_what_nobody_signed(
        self, stripe: StandIn, alipay: StandIn, name: str, body: bytes, signature: str | None
    ):
        provider = stripe if name == "stripe" else alipay
        headers = {} if signature is None else {"Stripe-Signature": signature}
        response = post(provider, body, headers)
        assert response.status_code == 400
        assert name == "stripe" or response.content == b"fail"
        assert not ProviderEvent.objects.exists()

    @pytest.mark.parametrize("name", ["stripe", "alipay"])
    def test_refuses_what_is_too_large_before_reading_on(self, stripe: StandIn, alipay: StandIn, name: str):
        provider = stripe if name == "stripe" else alipay
        body = b"x" * (receiving.MOST_BYTES + 1)
        assert post(provider, body, {"Stripe-Signature": sign(body)}).status_code == 413
        assert not ProviderEvent.objects.exists()

    @pytest.mark.parametrize("name", ["stripe", "alipay"])
    def test_is_shut_where_a_provider_has_no_keys(self, name: str):
        registry._made.cache_clear()
        response = Client().post(f"/webhooks/{name}", b"{}", content_type="application/json")
        assert response.status_code == 503
        assert not ProviderEvent.objects.exists()

    def test_takes_posts_only(self, stripe: StandIn):
        for name in ("stripe", "alipay"):
            assert Client().get(f"/webhooks/{name}").status_code == 405

    def test_ignores_what_is_about_no_payment(self, stripe: StandIn):
        body, headers = stripe.message(kind="account.updated")
        assert post(stripe, body, headers).status_code == 200
        event = ProviderEvent.objects.get()
        assert (event.state, event.attempts) == ("ignored", 0)

    def test_ignores_a_payment_of_another_product(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, reference="order-17")
        stripe.payments["cs_shop"] = stripe.payments.pop(top_up.object_id)
        event = tell(stripe, top_up, object_id="cs_shop")
        assert (event.state, event.code) == ("ignored", "unknown_payment")
        assert books(alice) == (0, 0, 0)

    def test_quarantines_money_for_a_top_up_that_is_not_here(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        lost = top_up.id.hex[:-1] + ("0" if top_up.id.hex[-1] != "0" else "1")
        stripe.pay(top_up.object_id, reference=lost)
        stripe.payments["cs_lost"] = stripe.payments.pop(top_up.object_id)
        event = tell(stripe, top_up, object_id="cs_lost")
        assert (event.state, event.code) == ("quarantined", "unknown_top_up")

    @pytest.mark.parametrize("foreign", ["account", "livemode"])
    def test_quarantines_what_is_for_somebody_else(self, stripe: StandIn, foreign: str):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        fetched = stripe.fetched
        event = tell(stripe, top_up, foreign=foreign)
        assert (event.state, event.code) == ("quarantined", f"foreign_{foreign}")
        assert (stripe.fetched, books(alice)) == (fetched, (0, 0, 0))

    def test_quarantines_a_mismatch_and_alerts(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, amount_minor=1)
        event = tell(stripe, top_up)
        assert (event.state, event.code) == ("quarantined", "wrong_amount")
        assert PaymentAlert.objects.get().code == "wrong_amount"
        assert books(alice) == (0, 0, 0)

    def test_quarantines_a_second_checkout_that_names_our_order(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        paid = stripe.pay(top_up.object_id)
        stripe.payments["cs_link"] = paid
        stripe.show("cs_link", object_id="cs_link", payment_id="pi_link")
        event = tell(stripe, top_up, object_id="cs_link")
        assert (event.state, event.code) == ("quarantined", "wrong_object")
        assert books(alice) == (20 * USD, 1, 1)

    def test_lets_no_provider_complete_anothers_top_up(self, stripe: StandIn, alipay: StandIn):
        alice = cast.player("Alice")
        yuan, dollars = begin_with_alipay(alice, "1"), begin(alice, "2")
        stripe.payments[yuan.object_id] = stripe.pay(dollars.object_id, reference=yuan.id.hex)
        stripe.show(yuan.object_id, object_id=yuan.object_id)
        event = tell(stripe, yuan)
        assert event.state != "done"
        assert (again(yuan).state, books(alice)) == ("open", (0, 0, 0))

    def test_stores_one_id_with_another_body_as_another_message(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        tell(stripe, top_up, id="evt_1", kind="checkout.session.completed")
        assert again(top_up).state == "open"
        stripe.pay(top_up.object_id)
        tell(stripe, top_up, id="evt_1", kind="checkout.session.async_payment_succeeded")
        assert (ProviderEvent.objects.count(), again(top_up).state) == (2, "paid")

    def test_takes_a_repetition_without_asking_again(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        body, headers = stripe.message(object_id=top_up.object_id)
        post(stripe, body, headers)
        fetched = stripe.fetched
        assert post(stripe, body, headers).status_code == 200
        assert (ProviderEvent.objects.count(), stripe.fetched) == (1, fetched)

    def test_answers_although_its_effects_fail(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        stripe.is_away = True
        event = tell(stripe, top_up)
        assert (event.state, event.code, event.attempts) == ("waiting", "provider_unreachable", 1)
        stripe.is_away = False
        assert look(top_up).is_credited_now

    def test_leaves_the_rest_of_a_round_where_its_provider_is_away(self, stripe: StandIn):
        alice = cast.player("Alice")
        begun = [begin(alice, str(number)) for number in range(3)]
        stripe.is_away = True
        for top_up in begun:
            tell(stripe, top_up)
        stripe.refused = 0
        later = timezone.now() + timedelta(minutes=1)
        assert events.handle_due(now=later) == 3
        assert stripe.refused == 1
        waiting = ProviderEvent.objects.filter(state="waiting", code="provider_unreachable", attempts=2)
        assert waiting.filter(next_try_at__gt=later).count() == 3

    def test_follows_every_state_of_a_slow_payment(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, state=PaymentState.PROCESSING)
        tell(stripe, top_up, kind="checkout.session.completed")
        assert (again(top_up).state, books(alice)) == ("processing", (0, 0, 0))
        stripe.pay(top_up.object_id)
        tell(stripe, top_up, kind="checkout.session.async_payment_succeeded")
        assert books(alice) == (20 * USD, 1, 1)
