"""Holds over HTTP: place, extend, release, and every refusal that the API documents."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.api import authentication
from accounts.models import ApiKey
from billing import valkey
from billing.models import Hold
from billing.services import customers, keys
from billing.services.holds import end
from tests import cast, gateways
from tests.cast import OUTPUT_TOKEN, USD
from tests.gateways import Gateway, hold_body

pytestmark = pytest.mark.django_db

PUBLISHER = "wake:billing.tasks.publish_key_states"


@pytest.fixture(autouse=True)
def _fresh():
    authentication.forget()
    cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 1 * USD)


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway()


def content(response: gateways.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    document: dict[str, Any] = json.loads(response.content)
    return document


def in_an_hour() -> str:
    return (timezone.now() + timedelta(hours=1)).isoformat()


class TestPlace:
    def test_sets_credit_aside(self, alice: cast.Player, gateway: Gateway):
        body = hold_body(alice, bounds={"input": 374, "output": 1024}, ttl_s=60)
        response = gateway.post("holds", body)
        placed = content(response, 201)
        stored = Hold.objects.get()
        assert placed == {
            "request_id": body["request_id"],
            "state": "open",
            "amount": "0.005818146",
            "bounds": {"input": 374, "output": 1024, "web_search": 0},
            "max_output": 1024,
            "expires_at": stored.expires_at.isoformat(),
            "price_version": stored.price_version_id,
            "available": "0.994181854",
        }
        assert stored.expires_at - stored.placed_at == timedelta(seconds=60)
        assert "Idempotency-Replayed" not in response
        assert alice.wallet().held_nanos == 5_818_146

    def test_answers_a_repetition_with_the_same_hold(self, alice: cast.Player, gateway: Gateway):
        body = hold_body(alice)
        first = content(gateway.post("holds", body), 201)
        again = gateway.post("holds", body)
        assert content(again, 201) == first
        assert again["Idempotency-Replayed"] == "true"
        assert Hold.objects.count() == 1

    def test_refuses_other_content_under_the_same_id(self, alice: cast.Player, gateway: Gateway):
        body = hold_body(alice)
        gateway.post("holds", body)
        response = gateway.post("holds", body | {"ttl_s": 61})
        document = gateways.problem(response, 409, "request_conflict")
        assert document["request_id"] == body["request_id"]

    def test_tells_what_credit_still_buys(self, gateway: Gateway):
        dora = cast.player("Dora", 20_000_000)
        body = hold_body(dora, bounds={"input": 0, "output": 128_000})
        response = gateway.post("holds", body)
        document = gateways.problem(response, 402, "insufficient_credit")
        assert {name: document[name] for name in document if name not in {"type", "title", "detail"}} == {
            "status": 402,
            "code": "insufficient_credit",
            "request_id": body["request_id"],
            "limit_source": "wallet",
            "required": "0.67776",
            "available": "0.02",
            "affordable_output": 20_000_000 // OUTPUT_TOKEN,
            "top_up_url": f"{settings.PUBLIC_URL}/dashboard/top-up/",
        }
        assert "Retry-After" not in response

    def test_stays_refused_when_credit_comes(self, gateway: Gateway):
        dora = cast.player("Dora", 20_000_000)
        body = hold_body(dora, bounds={"input": 0, "output": 128_000})
        first = gateways.problem(gateway.post("holds", body), 402, "insufficient_credit")
        cast.fund(dora.id, USD)
        assert gateways.problem(gateway.post("holds", body), 402, "insufficient_credit") == first

    def test_clamps_the_output_to_what_credit_buys(self, gateway: Gateway):
        dora = cast.player("Dora", 20_000_000)
        body = hold_body(dora, bounds={"input": 0, "output": 128_000}, clamp={"min_output": 16})
        placed = content(gateway.post("holds", body), 201)
        affordable = 20_000_000 // OUTPUT_TOKEN
        assert placed["max_output"] == placed["bounds"]["output"] == affordable
        assert dora.wallet().held_nanos == affordable * OUTPUT_TOKEN

    def test_refuses_rather_than_clamp_below_the_least_output(self, gateway: Gateway):
        dora = cast.player("Dora", 20_000_000)
        body = hold_body(dora, bounds={"input": 0, "output": 128_000}, clamp={"min_output": 4000})
        gateways.problem(gateway.post("holds", body), 402, "insufficient_credit")

    def test_refuses_a_customer_without_credit(self, gateway: Gateway):
        document = gateways.problem(gateway.post("holds", hold_body(cast.player("Dora"))), 402, "cut_off")
        assert (document["available"], document["affordable_output"]) == ("0", 0)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (
                lambda who, now: keys.revoke(customer=who.customer, api_key_id=who.api_key_id, now=now),
                "key_revoked",
            ),
            (
                lambda who, now: ApiKey.objects.filter(id=who.api_key_id).update(
                    expires_at=now, created_at=now - timedelta(days=1)
                ),
                "key_expired",
            ),
            (
                lambda who, _now: ApiKey.objects.filter(id=who.api_key_id).update(allowed_models=["other"]),
                "model_not_allowed",
            ),
            (
                lambda who, now: customers.freeze(customer_id=who.id, reason="test", now=now),
                "customer_frozen",
            ),
            (
                lambda who, now: customers.close(customer_id=who.id, reason="test", now=now),
                "customer_closed",
            ),
        ],
    )
    def test_refuses_keys_and_customers_that_may_not(
        self,
        change: Callable[[cast.Player, datetime], object],
        code: str,
        alice: cast.Player,
        gateway: Gateway,
    ):
        change(alice, timezone.now())
        gateways.problem(gateway.post("holds", hold_body(alice)), 403, code)
        assert alice.wallet().held_nanos == 0

    @pytest.mark.parametrize(
        ("changes", "status", "wrong"),
        [
            ({"key_digest": "0" * 64}, 404, ("unknown_key", "key_digest")),
            ({"model": "gpt-0"}, 404, ("unknown_model", "model")),
            ({"bounds": {"input": 1_000_001, "output": 1}}, 422, ("bounds_too_large", "bounds.input")),
            ({"bounds": {"input": 1, "output": 128_001}}, 422, ("bounds_too_large", "bounds.output")),
            (
                {"bounds": {"input": 1, "output": 1, "web_search": 1}},
                422,
                ("meter_not_priced", "bounds.web_search"),
            ),
            ({"bounds": {"input": 1, "output": -1}}, 422, ("invalid", "bounds.output")),
            ({"bounds": {"input": 1}}, 422, ("invalid", "bounds.output")),
            ({"bounds": {"input": 1, "output": 1, "thought": 1}}, 422, ("invalid", "bounds.thought")),
            ({"clamp": {"min_output": 0}}, 422, ("invalid", "clamp.min_output")),
            ({"clamp": {"min_output": 1001}}, 422, ("invalid", "clamp.min_output")),
            ({"clamp": {}}, 422, ("invalid", "clamp.min_output")),
            ({"ttl_s": 59}, 422, ("invalid", "ttl_s")),
            ({"ttl_s": 86_401}, 422, ("invalid", "ttl_s")),
            ({"key_digest": "F" * 64}, 422, ("invalid", "key_digest")),
            ({"request_id": "550e8400-e29b-41d4-a716-446655440000"}, 422, ("invalid", "request_id")),
        ],
    )
    def test_names_what_is_wrong(
        self,
        changes: dict[str, Any],
        status: int,
        wrong: tuple[str, str],
        alice: cast.Player,
        gateway: Gateway,
    ):
        response = gateway.post("holds", hold_body(alice, **changes))
        document = gateways.problem(response, status, wrong[0])
        assert document["field"] == wrong[1]
        assert not Hold.objects.exists()

    def test_tells_our_time_to_a_clock_that_is_ahead(self, alice: cast.Player, gateway: Gateway):
        ahead = cast.id_at(timezone.now() + timedelta(minutes=6))
        response = gateway.post("holds", hold_body(alice, request_id=str(ahead)))
        document = gateways.problem(response, 422, "clock_skew")
        assert abs(datetime.fromisoformat(document["our_time"]) - timezone.now()) < timedelta(minutes=1)

    def test_refuses_an_id_that_is_too_old(self, alice: cast.Player, gateway: Gateway):
        old = cast.id_at(timezone.now() - timedelta(days=36))
        gateways.problem(gateway.post("holds", hold_body(alice, request_id=str(old))), 422, "invalid")


class TestExtend:
    def test_sets_bounds_and_expiry_for_any_number_of_calls(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice, out=1000)
        until = in_an_hour()
        body = {"bounds": {"input": 0, "output": 2000}, "expires_at": until}
        first = content(gateway.post(f"holds/{held.request_id}/extend", body), 200)
        assert (first["state"], first["max_output"], first["amount"]) == ("open", 2000, "0.01059")
        assert datetime.fromisoformat(first["expires_at"]) == datetime.fromisoformat(until)
        assert content(gateway.post(f"holds/{held.request_id}/extend", body), 200) == first
        assert alice.wallet().held_nanos == 2000 * OUTPUT_TOKEN

    def test_wakes_the_publisher(self, alice: cast.Player, gateway: Gateway):
        valkey.client().flushdb()
        body = {"bounds": {"input": 0, "output": 10}, "expires_at": in_an_hour()}
        content(gateway.post(f"holds/{cast.hold(alice).request_id}/extend", body), 200)
        assert valkey.client().get(PUBLISHER) == b"1"

    def test_leaves_the_hold_as_it_was_where_credit_is_short(self, gateway: Gateway):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        held = cast.hold(dora, out=900)
        body = {"bounds": {"input": 0, "output": 1001}, "expires_at": in_an_hour()}
        response = gateway.post(f"holds/{held.request_id}/extend", body)
        document = gateways.problem(response, 402, "insufficient_credit")
        assert (document["affordable_output"], document["available"]) == (1000, "0.005295")
        assert dora.wallet().held_nanos == 900 * OUTPUT_TOKEN

    def test_refuses_growth_where_the_key_was_revoked(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice, out=100)
        keys.revoke(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())
        body = {"bounds": {"input": 0, "output": 101}, "expires_at": in_an_hour()}
        gateways.problem(gateway.post(f"holds/{held.request_id}/extend", body), 403, "key_revoked")

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"bounds": {"input": 0, "output": 128_001}}, "bounds_too_large", "bounds.output"),
            (
                {"bounds": {"input": 0, "output": 1, "web_search": 1}},
                "meter_not_priced",
                "bounds.web_search",
            ),
            ({"expires_at": "2026-01-01T00:00:00Z"}, "invalid", "expires_at"),
            ({"expires_at": "9999-12-31T23:59:59-23:59"}, "invalid", "expires_at"),
            ({"expires_at": "0001-01-01T00:00:00+23:59"}, "invalid", "expires_at"),
            ({"expires_at": "2026-11-23T12:00:00"}, "invalid", "expires_at"),
            ({"expires_at": "2026-02-30T12:00:00Z"}, "invalid", "expires_at"),
            ({"expires_at": "20261123T120000Z"}, "invalid", "expires_at"),
            ({"expires_at": 1_795_000_000}, "invalid", "expires_at"),
        ],
    )
    def test_names_what_is_wrong(
        self, changes: dict[str, Any], code: str, field: str, alice: cast.Player, gateway: Gateway
    ):
        held = cast.hold(alice)
        body = {"bounds": {"input": 0, "output": 1}, "expires_at": in_an_hour()} | changes
        response = gateway.post(f"holds/{held.request_id}/extend", body)
        document = gateways.problem(response, 422, code)
        assert (document["field"], document["request_id"]) == (field, str(held.request_id))

    def test_refuses_a_hold_that_has_ended(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice)
        end.expire(now=timezone.now() + timedelta(hours=1))
        body = {"bounds": {"input": 0, "output": 1}, "expires_at": in_an_hour()}
        response = gateway.post(f"holds/{held.request_id}/extend", body)
        assert gateways.problem(response, 409, "request_conflict")["state"] == "expired"


class TestRelease:
    def test_gives_the_credit_back_once(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice)
        for _ in range(2):
            response = gateway.post(f"holds/{held.request_id}/release", {"reason": "no answer"})
            assert content(response, 200) == {"request_id": str(held.request_id), "state": "released"}
        assert alice.wallet().held_nanos == 0
        assert Hold.objects.get().end_reason == "no answer"

    def test_wakes_the_publisher(self, alice: cast.Player, gateway: Gateway):
        valkey.client().flushdb()
        gateway.post(f"holds/{cast.hold(alice).request_id}/release", {"reason": "no answer"})
        assert valkey.client().get(PUBLISHER) == b"1"

    def test_tells_that_a_hold_had_lapsed(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice)
        end.expire(now=timezone.now() + timedelta(hours=1))
        response = gateway.post(f"holds/{held.request_id}/release", {"reason": "no answer"})
        assert content(response, 200)["state"] == "expired"

    def test_refuses_a_hold_that_was_charged(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice)
        cast.send(cast.report(alice, held.request_id, output=1))
        cast.settle()
        response = gateway.post(f"holds/{held.request_id}/release", {"reason": "no answer"})
        assert gateways.problem(response, 409, "request_conflict")["state"] == "settled"

    @pytest.mark.parametrize("reason", ["", "x" * 201, "a\x00b", None, 1])
    def test_needs_a_reason(self, reason: object, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice)
        response = gateway.post(f"holds/{held.request_id}/release", {"reason": reason})
        assert gateways.problem(response, 422, "invalid")["field"] == "reason"


@pytest.mark.parametrize("verb", ["extend", "release"])
class TestAnotherGatewaysHold:
    @pytest.fixture
    def body(self, verb: str) -> dict[str, Any]:
        if verb == "release":
            return {"reason": "mine now"}
        return {"bounds": {"input": 0, "output": 1}, "expires_at": in_an_hour()}

    def test_is_unknown_to_a_stranger(self, verb: str, body: dict[str, Any], alice: cast.Player):
        held = cast.hold(alice)
        stranger = gateways.gateway(name="gateway-2")
        response = stranger.post(f"holds/{held.request_id}/{verb}", body)
        gateways.problem(response, 404, "not_found")
        assert Hold.objects.get().state == "open"
        assert alice.wallet().held_nanos == held.amount_nanos

    def test_is_as_unknown_as_one_that_never_was(self, verb: str, body: dict[str, Any], gateway: Gateway):
        response = gateway.post(f"holds/{uuid7()}/{verb}", body)
        gateways.problem(response, 404, "not_found")

    @pytest.mark.parametrize("text", ["1", "550e8400-e29b-41d4-a716-446655440000", "%00", "%ff", "%F0%9F"])
    def test_has_a_request_id(self, verb: str, body: dict[str, Any], text: str, gateway: Gateway):
        response = gateway.post(f"holds/{text}/{verb}", body)
        assert gateways.problem(response, 422, "invalid")["field"] == "request_id"
