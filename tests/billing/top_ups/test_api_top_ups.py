"""Top-ups over the customers' API: begun once, by who may pay, and listed."""

import json
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import Membership, User
from accounts.services import memberships
from billing.models import TopUp
from tests import cast
from tests.billing.top_ups.api_callers import BODY, buy, refused, signed_in, with_key
from tests.billing.top_ups.purchases import begin, look
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice")


class TestStart:
    def test_answers_where_to_pay(self, stripe: StandIn, alice: cast.Player):
        answer = buy(signed_in(alice))
        assert answer.status_code == 201
        shown = answer.json()
        assert (shown["state"], shown["amount"], shown["credit"]) == ("open", "20.00", "20")
        assert shown["checkout_url"].startswith("https://pay.example/cs_")
        stored = TopUp.objects.get()
        assert (stored.email, str(stored.user_id)) == ("alice@example.com", str(stored.user_id))
        assert with_key(alice).get(f"/api/v1/top-ups/{stored.id}").json() == shown

    def test_answers_a_repetition_with_the_same(self, stripe: StandIn, alice: cast.Player):
        client = signed_in(alice)
        first, second = buy(client), buy(client)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        refused(buy(client, amount="21.00"), 409, "idempotency_key_reused")
        assert TopUp.objects.count() == 1

    def test_tells_to_try_again_where_the_provider_is_away(self, stripe: StandIn, alice: cast.Player):
        stripe.is_away = True
        answer = buy(signed_in(alice))
        refused(answer, 503, "provider_unreachable")
        assert answer["Retry-After"]
        stripe.is_away = False
        assert buy(signed_in(alice)).status_code == 200

    @pytest.mark.parametrize("role", ["owner", "admin", "billing", "developer"])
    def test_asks_for_a_role_that_pays(self, stripe: StandIn, alice: cast.Player, role: str):
        bob = User.objects.create_user("bob@example.com", "x" * 12)
        memberships.add(customer=alice.customer, user=bob, role=role, now=timezone.now())
        answer = buy(signed_in(email="bob@example.com"))
        if role == Membership.Role.DEVELOPER:
            refused(answer, 403, "role_not_allowed")
        else:
            assert answer.status_code == 201

    def test_is_nothing_for_api_keys(self, stripe: StandIn, alice: cast.Player):
        refused(buy(with_key(alice)), 403, "key_may_only_read")

    def test_needs_a_request_of_our_own_pages(self, stripe: StandIn, alice: cast.Player):
        client = signed_in(alice, checks_csrf=True)
        refused(buy(client), 403, "csrf_failed")
        token = "a" * 32
        client.cookies["csrftoken"] = token
        answer = client.post(
            "/api/v1/top-ups",
            json.dumps(BODY),
            content_type="application/json",
            headers={"Idempotency-Key": "key-1", "X-CSRFToken": token},
        )
        assert answer.status_code == 201

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"amount": 20}, "amount"),
            ({"amount": "20.001"}, "amount"),
            ({"amount": "-20"}, "amount"),
            ({"amount": "\uff12\uff10"}, "amount"),
            ({"amount": "1e3"}, "amount"),
            ({"amount": ""}, "amount"),
            ({"amount": None}, "amount"),
            ({"amount": "9" * 20}, "amount"),
            ({"provider": "paypal"}, "provider"),
            ({"provider": True}, "provider"),
            ({"method": "saved_card"}, "method"),
            ({"method": "page"}, "method"),
            ({"save_card": "yes"}, "save_card"),
            ({"credit_nanos": 1}, "credit_nanos"),
            ({"customer_id": "x"}, "customer_id"),
        ],
    )
    def test_names_what_is_wrong(
        self, stripe: StandIn, alice: cast.Player, changes: dict[str, Any], field: str
    ):
        refused(buy(signed_in(alice), **changes), 422, "invalid", field)
        assert not TopUp.objects.exists()

    @pytest.mark.parametrize("amount", ["0", "4.99", "2000.01", "0.00"])
    def test_keeps_to_its_limits(self, stripe: StandIn, alice: cast.Player, amount: str):
        refused(buy(signed_in(alice), amount=amount), 422, "amount_out_of_range", "amount")

    @pytest.mark.parametrize("key", [None, "", "x" * 256])
    def test_needs_an_idempotency_key(self, stripe: StandIn, alice: cast.Player, key: str | None):
        refused(buy(signed_in(alice), key), 422, "invalid", "idempotency_key")

    @pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 60_000, b'{"a":1,"a":2}', b"\xff", b"NaN"])
    def test_refuses_what_is_no_object(self, stripe: StandIn, alice: cast.Player, body: bytes):
        answer = signed_in(alice).post("/api/v1/top-ups", body, content_type="application/json")
        assert answer.status_code == 400


class TestList:
    def test_shows_the_newest_first_page_by_page(self, stripe: StandIn, alice: cast.Player):
        begun = [begin(alice, str(number)) for number in range(5)]
        client = with_key(alice)
        seen: list[str] = []
        query = "limit=2"
        while query:
            page = client.get(f"/api/v1/top-ups?{query}").json()
            seen += [each["id"] for each in page["top_ups"]]
            query = f"limit=2&before={page['next_before']}" if page["next_before"] else ""
        assert seen == [str(each.id) for each in reversed(begun)]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=\uff11", "limit"),
            ("limit=1&limit=2", "limit"),
            ("before=x", "before"),
            ("page=2", "page"),
            ("customer=x", "customer"),
            ("%ff=1", "query"),
            ("&".join("a=1" for _ in range(30)), "query"),
        ],
    )
    def test_names_what_is_wrong_with_the_query(self, alice: cast.Player, query: str, field: str):
        refused(with_key(alice).get(f"/api/v1/top-ups?{query}"), 422, "invalid", field)

    def test_hides_where_to_pay_once_it_is_paid(self, stripe: StandIn, alice: cast.Player):
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        look(top_up)
        [shown] = with_key(alice).get("/api/v1/top-ups").json()["top_ups"]
        assert (shown["state"], shown["checkout_url"]) == ("paid", None)

    def test_finds_nothing_that_is_not_there(self, alice: cast.Player):
        refused(with_key(alice).get(f"/api/v1/top-ups/{uuid7()}"), 404, "not_found")
        refused(with_key(alice).get("/api/v1/top-ups/nonsense"), 404, "not_found")
        refused(with_key(alice).get("/api/v1/nothing"), 404, "not_found")
        refused(with_key(alice).put("/api/v1/top-ups"), 405, "method_not_allowed")
