"""The customers' API: who may see and buy what, and what is refused how."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import customers as accounts
from billing.models import TopUp
from billing.services import customers, keys, wallets
from tests import cast
from tests.billing.top_ups.api_callers import buy, refused, signed_in, with_key
from tests.billing.top_ups.purchases import begin, bonus, look
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice")


class TestCredits:
    def test_shows_balance_and_lots_in_spending_order(self, stripe: StandIn, alice: cast.Player):
        bonus((10 * USD, 100_000), days=30)
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        look(top_up)
        cast.hold(alice, out=100)

        shown = with_key(alice).get("/api/v1/credits").json()

        wallet = alice.wallet()
        assert shown["customer_id"] == str(alice.id)
        assert (shown["balance"], shown["debt"], shown["cut_off_at"]) == ("22", "0", None)
        assert shown["held"] == "0.0005295"
        assert shown["available"] == "21.9994705"
        assert wallet.available_nanos == 21_999_470_500
        kinds = [(lot["kind"], lot["remaining"], lot["expires_at"] is None) for lot in shown["lots"]]
        assert kinds == [("promotional", "2", False), ("bought", "20", True)]

    def test_shows_an_empty_wallet(self, alice: cast.Player):
        shown = with_key(alice).get("/api/v1/credits").json()
        assert (shown["balance"], shown["lots"]) == ("0", [])


class TestCaller:
    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Bearer ", "Basic abc", f"Bearer sk-am-{'a' * 36}", "Bearer é"],
    )
    def test_is_refused_without_a_look_up_where_it_sends_no_key(
        self, header: str, django_assert_num_queries: Any
    ):
        with django_assert_num_queries(0):
            answer = Client().get("/api/v1/credits", headers={"Authorization": header})
        refused(answer, 401, "unauthenticated")
        assert answer["WWW-Authenticate"] == "Bearer"

    def test_is_refused_where_nobody_is_there(self):
        refused(Client().get("/api/v1/credits"), 401, "unauthenticated")
        refused(Client().get("/api/v1/credits?api_key=sk-am-x"), 422, "invalid", "api_key")

    def test_is_refused_with_a_revoked_key_at_once(self, alice: cast.Player):
        keys.revoke(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())
        refused(with_key(alice).get("/api/v1/credits"), 401, "unauthenticated")

    def test_with_a_key_reads_though_the_customer_is_frozen(self, alice: cast.Player):
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        assert with_key(alice).get("/api/v1/credits").status_code == 200

    def test_with_a_key_is_not_whom_the_session_belongs_to(self, alice: cast.Player):
        charlie = cast.player("Charlie", USD)
        client = signed_in(alice)
        shown = client.get("/api/v1/credits", headers={"Authorization": f"Bearer {charlie.secret}"})
        assert shown.json()["customer_id"] == str(charlie.id)

    def test_with_several_customers_names_one(self, alice: cast.Player):
        user = User.objects.get(email="alice@example.com")
        second = accounts.open_account(owner=user, name="Second", now=timezone.now())
        wallets.open_wallet(customer_id=second.id, now=timezone.now())
        refused(signed_in(alice).get("/api/v1/credits"), 422, "invalid", "customer")
        for each in (second.id, alice.id):
            shown = signed_in(alice).get(f"/api/v1/credits?customer={each}")
            assert shown.json()["customer_id"] == str(each)


# Every route, and what a stranger asks it for.
ROUTES = ["credits", "top-ups", "top-ups/{top_up}", "statement?from=2026-11-01&to=2026-11-30"]


class TestStranger:
    @pytest.mark.parametrize("route", ROUTES)
    def test_sees_nothing_of_alices(self, stripe: StandIn, alice: cast.Player, route: str):
        top_up = begin(alice)
        charlie = cast.player("Charlie")
        path = f"/api/v1/{route.format(top_up=top_up.id)}"
        named = f"{path}{'&' if '?' in path else '?'}customer={alice.id}"
        for client in (with_key(charlie), signed_in(charlie)):
            refused(client.get(named), 404, "not_found")
            answer = client.get(path)
            assert answer.status_code == (404 if "top-ups/" in path else 200)
            assert str(top_up.id).encode() not in answer.content
            assert str(alice.id).encode() not in answer.content

    def test_buys_nothing_for_alice(self, stripe: StandIn, alice: cast.Player):
        charlie = cast.player("Charlie")
        refused(buy(signed_in(charlie), query=f"?customer={alice.id}"), 404, "not_found")
        assert not TopUp.objects.exists()
