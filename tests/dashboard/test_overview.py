"""The first page and the history: what is there, why requests are refused, and what to do."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import customers
from tests import cast
from tests.billing.top_ups import purchases
from tests.cast import LONG_AGO, USD
from tests.dashboard import browsers
from tests.dashboard.browsers import TOP_UP

pytestmark = pytest.mark.django_db
HISTORY = "/dashboard/top-ups/"


class TestNotice:
    def test_says_nothing_while_all_is_well(self, alice):
        assert 'class="alert' not in browsers.of(alice).get("/dashboard/").html

    def test_says_since_when_credit_is_out_and_what_to_do(self, db):
        page = browsers.of(cast.player("Dora")).get("/dashboard/")

        assert "Out of credit since" in page.text
        assert "Requests get 402. Add credit and your key works again at once." in page.text
        assert f'href="{TOP_UP}">Add credit' in page.html

    def test_says_what_is_owed(self, db):
        cast.model()
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1_000_000))
        cast.settle()

        page = browsers.of(dora).get("/dashboard/")
        assert "Credit is owed since" in page.text
        assert "Owed $5.29 paid first by what you add" in page.text

    def test_says_that_the_account_is_frozen_and_not_why(self, alice):
        customers.freeze(customer_id=alice.id, reason="an operator's own words", now=LONG_AGO)

        page = browsers.of(alice).get("/dashboard/")
        assert "This account is frozen since" in page.text
        assert "Write to support" in page.text
        assert "operator" not in page.text

    def test_says_that_the_account_is_closed(self, alice):
        customers.close(customer_id=alice.id, reason="gone", now=LONG_AGO)

        assert "This account is closed since" in browsers.of(alice).get("/dashboard/").text

    def test_offers_developers_no_way_to_pay(self, db):
        dora = cast.player("Dora")

        page = browsers.of_user(browsers.colleague(dora)).get("/dashboard/")
        assert "Out of credit since" in page.text
        assert TOP_UP not in page.html


class TestTopUps:
    def test_show_how_each_went(self, alice, stripe):
        paid, _ = purchases.begin(alice, "one"), purchases.begin(alice, "two", amount_minor=123_456)
        stripe.pay(paid.object_id)
        purchases.look(paid)

        for path in ("/dashboard/", HISTORY):
            text = browsers.of(alice).get(path).text
            assert "Stripe $1,234.56 $1,234.56 Not paid yet" in text
            assert "Stripe $20.00 $20.00 Paid" in text

    def test_turn_pages(self, alice, stripe):
        begun = [purchases.begin(alice, f"key-{number}") for number in range(30)]
        browser = browsers.of(alice)

        first = browser.get(HISTORY)
        older = browser.get(f"{HISTORY}?before={begun[5].id}")
        assert f'href="?before={begun[5].id}"' in first.html
        shown = [[str(one.id) in page.html for one in begun] for page in (first, older)]
        assert shown == [[False] * 5 + [True] * 25, [True] * 5 + [False] * 25]

    @pytest.mark.parametrize("before", ["x", "%00", "1" * 5000])
    def test_begin_anew_with_nonsense(self, alice, before):
        assert browsers.of(alice).get(f"{HISTORY}?before={before}").status == 200


class TestQueries:
    @pytest.mark.parametrize(("path", "most"), [("/dashboard/", 8), (HISTORY, 6), (TOP_UP, 8)])
    def test_are_as_many_with_many_top_ups(self, alice, stripe, path, most):
        for number in range(30):
            purchases.begin(alice, f"key-{number}")
        for name in ("Bob", "Dora"):
            browsers.colleague(cast.player(name), email="alice@example.com")
        browser = browsers.of(alice)

        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status == 200
        assert len(queries) <= most, [query["sql"] for query in queries]


class TestAmounts:
    def test_are_cut_to_the_cent_and_exact_where_pointed_at(self, db):
        dora = cast.player("Dora", 1_999 * USD + 999_999_999)

        page = browsers.of(dora).get("/dashboard/")
        assert "$1,999.99" in page.text
        assert 'title="$1999.999999999"' in page.html

    @pytest.mark.parametrize(
        ("credit", "shown"), [(629_046, "$0.000629"), (9_999_999, "$0.009999"), (12, "$0.000000012")]
    )
    def test_below_a_cent_are_not_nothing(self, db, credit, shown):
        assert f"Available {shown} can be" in browsers.of(cast.player("Dora", credit)).get("/dashboard/").text
