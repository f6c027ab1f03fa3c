"""The statement over HTTP: the days that were asked for, adding up."""

import pytest
from django.test import Client
from django.utils import timezone

from billing.money import format_usd, parse_usd
from tests import cast
from tests.billing.top_ups.api_callers import refused, with_key
from tests.cast import OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", USD)


class TestStatement:
    def test_adds_up_to_the_balance(self, alice: cast.Player):
        cast.send(cast.report(alice, output=100))
        cast.settle()
        cast.fund(alice.id, 2 * USD)
        today = timezone.now().date().isoformat()

        shown = with_key(alice).get(f"/api/v1/statement?from={today}&to={today}").json()

        assert [line["kind"] for line in shown["lines"]] == ["grant", "usage", "grant"]
        usage = shown["lines"][1]
        assert (usage["model"], usage["requests"]) == (cast.MODEL, 1)
        assert usage["debited"] == format_usd(100 * OUTPUT_TOKEN)
        moved = sum(parse_usd(line["credited"]) - parse_usd(line["debited"]) for line in shown["lines"])
        assert parse_usd(shown["opening_balance"]) + moved == parse_usd(shown["closing_balance"])
        assert shown["closing_balance"] == format_usd(alice.wallet().balance_nanos)

    def test_is_empty_on_days_without_movement(self, alice: cast.Player):
        shown = with_key(alice).get("/api/v1/statement?from=2020-01-01&to=2020-01-31").json()
        assert (shown["lines"], shown["closing_balance"]) == ([], "0")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("", "from"),
            ("from=2026-11-01", "to"),
            ("from=2026-11-02&to=2026-11-01", "to"),
            ("from=2026-01-01&to=2026-12-31", "to"),
            ("from=2026-02-30&to=2026-03-01", "from"),
            ("from=0001-01-01&to=0001-01-02", "from"),
            ("from=9999-12-30&to=9999-12-31", "from"),
            ("from=20261101&to=2026-11-02", "from"),
            ("from=2026-11-01&to=2026-11-02&model=x", "model"),
        ],
    )
    def test_names_what_is_wrong(self, alice: cast.Player, query: str, field: str):
        refused(with_key(alice).get(f"/api/v1/statement?{query}"), 422, "invalid", field)

    def test_is_nobodys_without_a_key(self):
        answer = Client().get("/api/v1/statement?from=2026-11-01&to=2026-11-02")
        refused(answer, 401, "unauthenticated")
