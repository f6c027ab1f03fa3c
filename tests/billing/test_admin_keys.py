"""Limiting and revoking API keys in the admin site."""

import pytest

from accounts.models import ApiKey, OperatorAction
from billing.errors import Refused
from tests import cast, operators
from tests.cast import USD
from tests.operators import act, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 10 * USD)


@pytest.fixture
def root():
    return operators.root()


def post(client, who: cast.Player, **changes: str):
    filled = {"limit": "1.5", "period": "day", "reason": "asked for"} | changes
    return client.post(f"/admin/accounts/apikey/{who.api_key_id}/limit/", filled)


def key_of(who: cast.Player) -> ApiKey:
    return ApiKey.objects.get(id=who.api_key_id)


class TestLimit:
    def test_is_set_changed_and_cleared(self, root, alice):
        assert post(root, alice).status_code == 302
        assert (key_of(alice).limit_nanos, key_of(alice).limit_period) == (USD + USD // 2, "day")

        post(root, alice, limit="0", period="month")
        assert (key_of(alice).limit_nanos, key_of(alice).limit_period) == (0, "month")
        with pytest.raises(Refused, match="limit"):
            cast.hold(alice)

        post(root, alice, limit="")
        assert key_of(alice).limit_nanos is None
        assert cast.hold(alice).state == "open"

    def test_is_recorded_with_what_was_there_before(self, root, alice):
        post(root, alice)
        post(root, alice, limit="", reason="no more")

        assert recorded() == ["limit_key", "limit_key"]
        row = OperatorAction.objects.order_by("-id")[0]
        assert row.detail == {"before": "$1.5 in each day", "after": "no limit"}
        assert (row.reason, row.customer_id, row.object_id) == ("no more", alice.id, str(alice.api_key_id))

    def test_is_shown_with_what_counts_already(self, root, alice):
        held = cast.hold(alice)
        post(root, alice)

        page = root.get(f"/admin/accounts/apikey/{alice.api_key_id}/change/").content.decode()
        assert "1.500000000" in page
        assert f"{held.amount_nanos / USD:.9f}" in page

    @pytest.mark.parametrize(
        "changes",
        [
            *({"limit": limit} for limit in ("-1", "x", "1.0000000001", "1000001", "9" * 30, "1\x00")),
            *({"period": period} for period in ("", "year")),
            *({"reason": reason} for reason in ("", " ", "x" * 301, "a\x00")),
        ],
    )
    def test_says_in_the_form_what_is_wrong(self, root, alice, changes):
        answer = post(root, alice, **changes)

        assert (answer.status_code, "errorlist" in answer.content.decode()) == (200, True)
        assert key_of(alice).limit_nanos is None
        assert recorded() == []

    @pytest.mark.parametrize("rights", [(), ("accounts.view_apikey", "billing.grant_credit")])
    def test_needs_the_permission_to_change_keys(self, alice, rights):
        client = operators.staff(*rights)

        assert post(client, alice).status_code == 403
        assert key_of(alice).limit_nanos is None


class TestRevoke:
    def test_needs_a_reason(self, root, alice):
        assert "must not be empty" in act(root, "accounts/apikey", "revoke", alice.api_key_id)
        assert key_of(alice).revoked_at is None
        assert recorded() == []

    def test_is_recorded_once(self, root, alice):
        for _ in range(2):
            act(root, "accounts/apikey", "revoke", alice.api_key_id, reason="leaked")

        assert recorded() == ["revoke_key"]
        assert OperatorAction.objects.get().reason == "leaked"

    def test_needs_the_permission_to_change_keys(self, alice):
        client = operators.staff("accounts.view_apikey")

        act(client, "accounts/apikey", "revoke", alice.api_key_id, reason="mischief")
        assert key_of(alice).revoked_at is None
        assert recorded() == []


class TestStates:
    def test_are_recorded_where_they_change(self, root, alice):
        for action in ("freeze", "freeze", "unfreeze", "close", "close", "unfreeze"):
            act(root, "accounts/customer", action, alice.id, reason="because")

        assert recorded() == ["freeze", "unfreeze", "close"]

    @pytest.mark.parametrize("action", ["freeze", "unfreeze", "close"])
    def test_need_the_permission_and_a_reason(self, root, alice, action):
        act(operators.staff("accounts.view_customer"), "accounts/customer", action, alice.id, reason="x")
        act(root, "accounts/customer", action, alice.id)

        alice.customer.refresh_from_db()
        assert alice.customer.state == "active"
        assert recorded() == []
