"""Charges, the inbox and the page that tells a request's story."""

import re
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests import cast, operators
from tests.cast import USD
from usage.models import Charge, QuarantinedEvent

pytestmark = pytest.mark.django_db
BOTH = ("billing.view_hold", "usage.view_charge")


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 10 * USD)


@pytest.fixture
def root():
    return operators.root()


def charged(who: cast.Player, **meters: Any) -> Charge:
    held = cast.hold(who, tokens_in=374, out=1024)
    cast.send(cast.report(who, held.request_id, **meters))
    cast.settle()
    return Charge.objects.get(request_id=held.request_id)


def shown(client, address: str, **query: object) -> str:
    answer = client.get(address, {name: str(value) for name, value in query.items()})
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestCharges:
    def test_are_filtered_by_customer_request_and_transaction(self, root, alice):
        charlie = cast.player("Charlie", USD)
        mine, other = charged(alice, input=374, output=44), charged(charlie, input=1)

        for query, expected in (
            ({}, {mine, other}),
            ({"customer": alice.id}, {mine}),
            ({"request": other.request_id}, {other}),
            ({"transaction": mine.ledger_transaction_id}, {mine}),
            ({"key": charlie.api_key_id}, {other}),
            ({"outcome": "timeout"}, set()),
        ):
            page = shown(root, "/admin/usage/charge/", **query)
            found = set(re.findall(r"/admin/usage/request/[0-9a-f-]+/([0-9a-f-]+)/", page))
            assert found == {str(charge.request_id) for charge in expected}

    def test_show_dollars_to_the_ninth_place(self, root, alice):
        charged(alice, input=374, output=44)

        page = shown(root, "/admin/usage/charge/")
        assert "0.000629046" in page
        assert "629046<" not in page.replace("0.000629046<", "")


class TestRequest:
    def test_says_why_it_cost_so_much(self, root, alice):
        charge = charged(alice, input=374, output=44)

        page = shown(root, f"/admin/usage/request/{alice.id}/{charge.request_id}/")
        for told in ("charged", "1.059", "5.295", "0.000396066000", "0.000232980000", "0.000629046"):
            assert told in page
        assert f"/admin/billing/ledgertransaction/{alice.id}/{charge.ledger_transaction_id}/" in page

    def test_is_found_by_its_id_alone(self, root, alice):
        held = cast.hold(alice)
        assert "held" in shown(root, f"/admin/usage/request/{held.request_id}/")

        cast.send(cast.report(alice, model="new-model"))
        event = QuarantinedEvent.objects.get()
        assert "unknown_model" in shown(root, f"/admin/usage/request/{event.request_id}/")

    def test_of_two_customers_asks_for_one(self, root, alice):
        charlie = cast.player("Charlie", USD)
        held = cast.hold(alice)
        cast.hold(charlie, request_id=held.request_id)

        page = shown(root, f"/admin/usage/request/{held.request_id}/")
        for who in (alice, charlie):
            assert f"/admin/usage/request/{who.id}/{held.request_id}/" in page

    def test_that_nobody_knows_is_not_found(self, root, alice):
        held = cast.hold(alice)

        assert root.get(f"/admin/usage/request/{uuid7()}/").status_code == 404
        assert root.get(f"/admin/usage/request/{uuid7()}/{held.request_id}/").status_code == 404

    @pytest.mark.parametrize("rights", [(), BOTH[:1], BOTH[1:]])
    def test_needs_the_permissions_for_holds_and_charges(self, alice, rights):
        held = cast.hold(alice)
        address = f"/admin/usage/request/{held.request_id}/"

        assert operators.staff(*rights).get(address).status_code == 403
        assert operators.staff(*BOTH, email="b@example.com").get(address).status_code == 200

    def test_shows_no_digest_and_no_secret(self, root, alice):
        charge = charged(alice, input=1)

        page = shown(root, f"/admin/usage/request/{charge.request_id}/")
        assert alice.secret not in page
        assert alice.digest.hex() not in page


class TestInbox:
    def test_shows_what_waits(self, root, alice):
        cast.send(cast.report(alice, input=374, output=44))

        page = shown(root, "/admin/usage/usageevent/")
        assert "Alice" in page
        assert "374" in page
        cast.settle()
        assert "No rows." in shown(root, "/admin/usage/usageevent/")
