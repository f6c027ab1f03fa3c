"""Lists of the big tables: filtered, paged by key, and what they cost however many rows there are."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.operators import records
from tests import cast, operators
from tests.cast import USD

pytestmark = pytest.mark.django_db
HOLDS = "/admin/billing/hold/"
LISTS = {
    "hold": "billing.view_hold",
    "creditlot": "billing.view_creditlot",
    "ledgertransaction": "billing.view_ledgertransaction",
    "debt": "billing.view_debt",
}


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 10 * USD)


@pytest.fixture
def root():
    return operators.root()


def shown(client: Client, address: str, **query: object) -> str:
    answer = client.get(address, {name: str(value) for name, value in query.items()})
    assert answer.status_code == 200
    return answer.content.decode()


def requests(page: str) -> list[str]:
    return re.findall(r'<code title="([0-9a-f-]{36})"', page)


class TestHolds:
    def test_are_filtered_by_customer_request_and_state(self, root, alice):
        charlie = cast.player("Charlie", USD)
        mine, other = cast.hold(alice), cast.hold(charlie)
        ended = cast.hold(alice)
        cast.release(ended)

        for query, expected in (
            ({}, [ended, other, mine]),
            ({"customer": alice.id}, [ended, mine]),
            ({"customer": "Alice@example.com"}, [ended, mine]),
            ({"request": other.request_id}, [other]),
            ({"request": other.request_id, "customer": alice.id}, []),
            ({"state": "open"}, [other, mine]),
            ({"key": charlie.api_key_id}, [other]),
        ):
            assert requests(shown(root, HOLDS, **query)) == [str(hold.request_id) for hold in expected]

    def test_are_filtered_by_utc_day(self, root, alice):
        now = timezone.now()
        yesterday = cast.hold(alice, request_id=cast.id_at(now - timedelta(days=1)))
        today = cast.hold(alice)

        since = shown(root, HOLDS, since=now.date())
        assert requests(since) == [str(today.request_id)]
        until = shown(root, HOLDS, until=(now - timedelta(days=1)).date())
        assert requests(until) == [str(yesterday.request_id)]

    def test_are_paged_from_the_newest_to_the_oldest(self, root, alice, monkeypatch):
        monkeypatch.setattr(records, "PAGE", 2)
        held = [str(cast.hold(alice).request_id) for _ in range(5)][::-1]

        page, seen = shown(root, HOLDS), []
        for _ in range(3):
            seen.append(requests(page))
            older = re.search(r'href="(\?[^"]*after=[^"]*)">Older', page)
            page = shown(root, HOLDS + older[1].replace("&amp;", "&")) if older else ""
        assert seen == [held[:2], held[2:4], held[4:]]
        assert page == ""

    def test_look_through_so_many_rows_and_say_so(self, root, alice, monkeypatch):
        monkeypatch.setattr(records, "LOOKED_THROUGH", 3)
        rare = cast.hold(alice)
        cast.release(rare)
        for _ in range(5):
            cast.hold(alice)

        page = shown(root, HOLDS, state="released")
        assert requests(page) == []
        assert "The 3 newest rows were looked through" in page
        older = re.search(r'href="(\?[^"]*after=[^"]*)">Older', page)
        assert older
        assert requests(shown(root, HOLDS + older[1].replace("&amp;", "&"))) == [str(rare.request_id)]

    def test_that_are_open_are_found_however_old_they_are(self, root, alice, monkeypatch):
        monkeypatch.setattr(records, "LOOKED_THROUGH", 3)
        old = cast.hold(alice)
        for _ in range(5):
            cast.release(cast.hold(alice))

        assert requests(shown(root, HOLDS, state="open")) == [str(old.request_id)]

    def test_take_the_same_queries_for_one_row_and_for_many(self, root, alice):
        cast.hold(alice)
        shown(root, HOLDS)
        with CaptureQueriesContext(connection) as few:
            shown(root, HOLDS)
        for name in ("Bob", "Charlie", "Dora"):
            cast.hold(cast.player(name, USD))
        with CaptureQueriesContext(connection) as many:
            shown(root, HOLDS)

        assert len(many) == len(few) <= 10
        assert not [query for query in many if "count(" in query["sql"].lower()]

    @pytest.mark.parametrize("name", ["customer", "request", "key", "state", "since", "until", "after"])
    @pytest.mark.parametrize("value", ["x", "\x00", "9" * 200, "' or 1=1 --", "0000-00-00", "~~~", "a~b"])
    def test_answer_a_wrong_filter_in_words(self, root, alice, name, value):
        cast.hold(alice)

        page = shown(root, HOLDS, **{name: value})
        assert requests(page) == [] or (name, value) == ("after", "~~~")

    def test_survive_the_first_and_the_last_day(self, root):
        for days in (("0001-01-01", "9999-12-31"), ("2000-01-01", "2999-12-31")):
            assert root.get(HOLDS, dict(zip(("since", "until"), days, strict=True))).status_code == 200


class TestLedger:
    def test_shows_a_customers_journal_with_its_transfers(self, root, alice):
        cast.player("Charlie", 3 * USD)

        page = shown(root, "/admin/billing/ledgertransaction/", customer=alice.id)
        assert "expense:promotion → wallet" in page
        assert "10.000000000" in page
        assert "3.000000000" not in page
        one = re.search(r'href="(/admin/billing/ledgertransaction/[0-9a-f-]+/[0-9a-f-]+/)"', page)
        assert one
        assert "for the test" in shown(root, one[1])

    @pytest.mark.parametrize("table", ["ledgertransaction", "creditlot", "debt"])
    def test_asks_for_a_customer(self, root, alice, table):
        with CaptureQueriesContext(connection) as queries:
            page = shown(root, f"/admin/billing/{table}/")

        assert "choose one" in page
        name = {"ledgertransaction": "ledger_transaction", "creditlot": "credit_lot", "debt": "debt"}[table]
        assert not [query for query in queries if f'from "{name}"' in query["sql"].lower()]

    def test_shows_where_a_lot_went(self, root, alice):
        page = shown(root, "/admin/billing/creditlot/", customer=alice.id)

        one = re.search(r'href="(/admin/billing/creditlot/[0-9a-f-]+/[0-9a-f-]+/)"', page)
        assert one
        assert "What it gave and got" in shown(root, one[1])

    def test_has_no_page_for_another_customers_rows(self, root, alice):
        page = shown(root, "/admin/billing/creditlot/", customer=alice.id)
        [lot] = set(re.findall(r"/admin/billing/creditlot/[0-9a-f-]+/([0-9a-f-]+)/", page))

        assert root.get(f"/admin/billing/creditlot/{uuid7()}/{lot}/").status_code == 404
        assert root.get(f"/admin/billing/ledgertransaction/{alice.id}/{uuid7()}/").status_code == 404


class TestPermission:
    @pytest.mark.parametrize("table", LISTS)
    def test_of_each_list_is_its_own(self, alice, table):
        others = [right for name, right in LISTS.items() if name != table]
        address = f"/admin/billing/{table}/"

        assert operators.staff(*others).get(address).status_code == 403
        assert operators.staff(LISTS[table], email="b@example.com").get(address).status_code == 200
        index = operators.signed_in(operators.person((LISTS[table],), email="c@example.com")).get("/admin/")
        assert address in index.content.decode()

    @pytest.mark.parametrize("table", LISTS)
    def test_is_no_customers(self, client, alice, table):
        client.force_login(alice.customer.members.get())

        assert client.get(f"/admin/billing/{table}/").status_code == 302

    @pytest.mark.parametrize("table", LISTS)
    def test_lets_nobody_write(self, root, table):
        before = operators.recorded()

        root.post(f"/admin/billing/{table}/", {"action": "delete_selected", "amount_nanos": "1"})
        assert operators.recorded() == before
