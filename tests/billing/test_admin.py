"""What operators do to keys and customers in the admin site."""

import pytest
from django.test import Client

from accounts.models import User
from billing.errors import Refused
from billing.models import Outbox
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", "a long password"))
    return client


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 10 * USD)


def act(client: Client, page: str, action: str, pk: object, **fields: str) -> str:
    answer = client.post(
        f"/admin/{page}/", {"action": action, "_selected_action": str(pk), **fields}, follow=True
    )
    assert answer.status_code == 200
    return answer.content.decode()


class TestRevoke:
    def test_stops_holds_and_publishes(self, operator, alice):
        cast.hold(alice)
        before = Outbox.objects.count()

        act(operator, "accounts/apikey", "revoke", alice.api_key_id, reason="leaked")

        with pytest.raises(Refused, match="revoked"):
            cast.hold(alice)
        assert Outbox.objects.count() == before + 1


class TestFreeze:
    def test_stops_holds_until_unfrozen(self, operator, alice):
        act(operator, "accounts/customer", "freeze", alice.id, reason="card reported stolen")
        with pytest.raises(Refused, match="frozen"):
            cast.hold(alice)

        act(operator, "accounts/customer", "unfreeze", alice.id, reason="bank cleared it")
        assert cast.hold(alice).state == "open"

    def test_needs_a_reason(self, operator, alice):
        page = act(operator, "accounts/customer", "freeze", alice.id)

        assert "Alice: " in page
        assert cast.hold(alice).state == "open"


class TestWallets:
    def test_are_shown_and_cannot_be_changed(self, operator, alice):
        assert "10" in operator.get("/admin/billing/wallet/").content.decode()

        answer = operator.post(f"/admin/billing/wallet/{alice.id}/change/", {"balance_nanos": 10**18})

        assert answer.status_code == 403
        assert alice.wallet().balance_nanos == 10 * USD
