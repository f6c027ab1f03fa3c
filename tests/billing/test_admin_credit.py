"""Giving and correcting credit by hand: once for each form, with a reason, and never more than is there."""

import pytest
from uuid_utils.compat import uuid7

from accounts.models import OperatorAction
from billing.models import CreditLot, LedgerTransaction
from tests import cast, operators
from tests.cast import USD
from tests.operators import recorded

pytestmark = pytest.mark.django_db
MAY = {
    "grant": ("billing.view_wallet", "billing.grant_credit"),
    "adjust": ("billing.view_wallet", "billing.adjust_credit"),
}


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 10 * USD)


@pytest.fixture
def operator():
    return operators.staff(*MAY["grant"], *MAY["adjust"])


def form(amount: str, **changes: object) -> dict[str, object]:
    return {"amount": amount, "reason": "a gift", "token": str(uuid7()), "expires_in_days": ""} | changes


def post(client, who: cast.Player, page: str, filled: dict[str, object]):
    return client.post(f"/admin/billing/wallet/{who.id}/{page}/", filled)


class TestGrant:
    def test_gives_credit_with_reason_author_and_expiry(self, operator, alice):
        answer = post(operator, alice, "grant", form("2.500000001", expires_in_days="30"))

        assert (answer.status_code, answer["Location"]) == (302, f"/admin/billing/wallet/{alice.id}/change/")
        assert alice.wallet().balance_nanos == 12 * USD + USD // 2 + 1
        posted = LedgerTransaction.objects.order_by("-id")[0]
        assert (posted.kind, posted.reason, str(posted.author)) == ("grant", "a gift", "staff@example.com")
        assert CreditLot.objects.order_by("-id")[0].expires_at is not None

    def test_is_recorded(self, operator, alice):
        post(operator, alice, "grant", form("2.5"))

        row = OperatorAction.objects.get()
        assert (row.action, row.reason, row.customer_id) == ("grant", "a gift", alice.id)
        assert (row.actor_name, row.detail["amount_usd"]) == ("staff@example.com", "2.5")

    def test_posts_once_however_often_the_form_is_sent(self, operator, alice):
        filled = form("2.5")

        assert [post(operator, alice, "grant", filled).status_code for _ in range(3)] == [302] * 3
        assert alice.wallet().balance_nanos == 12 * USD + USD // 2
        assert recorded() == ["grant"]

    def test_refuses_a_form_that_was_sent_with_another_amount(self, operator, alice):
        filled = form("2.5")
        post(operator, alice, "grant", filled)

        answer = post(operator, alice, "grant", {**filled, "amount": "3"})

        assert "Open it anew" in answer.content.decode()
        assert recorded() == ["grant"]

    @pytest.mark.parametrize(
        "filled",
        [
            *(form(amount) for amount in ("", "0", "-1", "1e3", "NaN", "1.0000000001", "1000001", "x")),
            form("\uff11\uff12"),
            form("9" * 100),
            form("1\x00"),
            form("1", reason=""),
            form("1", reason="  "),
            form("1", reason="a\x00b"),
            form("1", reason="x" * 301),
            form("1", token=""),
            form("1", token="not an id"),
            form("1", expires_in_days="0"),
            form("1", expires_in_days="-5"),
            form("1", expires_in_days="9" * 30),
            {},
        ],
    )
    def test_says_in_the_form_what_is_wrong(self, operator, alice, filled):
        answer = post(operator, alice, "grant", filled)

        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
        assert alice.wallet().balance_nanos == 10 * USD
        assert recorded() == []


class TestAdjust:
    def test_takes_away_and_adds(self, operator, alice):
        post(operator, alice, "adjust", form("-4", reason="credited twice"))
        assert alice.wallet().balance_nanos == 6 * USD

        post(operator, alice, "adjust", form("1.5"))
        assert alice.wallet().balance_nanos == 7 * USD + USD // 2
        assert recorded() == ["adjust", "adjust"]

    def test_posts_once_however_often_the_form_is_sent(self, operator, alice):
        filled = form("-4")

        assert [post(operator, alice, "adjust", filled).status_code for _ in range(2)] == [302, 302]
        assert alice.wallet().balance_nanos == 6 * USD
        assert recorded() == ["adjust"]

    def test_takes_no_more_than_is_available(self, operator, alice):
        held = cast.hold(alice, out=100_000)

        answer = post(operator, alice, "adjust", form("-10"))

        assert "takes more than is available" in answer.content.decode()
        assert alice.wallet().balance_nanos == 10 * USD
        assert alice.wallet().held_nanos == held.amount_nanos
        assert recorded() == []

    @pytest.mark.parametrize("amount", ["--1", "-0", "-", "+1", "- 1", "-1000001"])
    def test_says_in_the_form_what_is_wrong(self, operator, alice, amount):
        answer = post(operator, alice, "adjust", form(amount))

        assert (answer.status_code, "errorlist" in answer.content.decode()) == (200, True)
        assert recorded() == []


class TestPermission:
    @pytest.mark.parametrize(
        ("page", "rights"),
        [
            ("grant", ()),
            ("grant", ("billing.view_wallet",)),
            ("grant", ("billing.grant_credit",)),
            ("grant", MAY["adjust"]),
            ("grant", ("billing.view_wallet", "billing.change_wallet", "accounts.change_customer")),
            ("adjust", ()),
            ("adjust", MAY["grant"]),
            ("adjust", ("billing.adjust_credit",)),
        ],
    )
    def test_of_each_page_is_its_own(self, alice, page, rights):
        client = operators.staff(*rights)

        assert post(client, alice, page, form("1")).status_code == 403
        assert client.get(f"/admin/billing/wallet/{alice.id}/{page}/").status_code == 403
        assert alice.wallet().balance_nanos == 10 * USD
        assert recorded() == []

    @pytest.mark.parametrize("page", ["grant", "adjust"])
    def test_is_no_customers(self, client, alice, page):
        client.force_login(alice.customer.members.get())

        assert post(client, alice, page, form("1")).status_code == 302
        assert client.get(f"/admin/billing/wallet/{alice.id}/{page}/").status_code == 302
        assert alice.wallet().balance_nanos == 10 * USD

    def test_decides_what_the_wallets_page_offers(self, alice):
        page = f"/admin/billing/wallet/{alice.id}/change/"

        assert "/grant/" not in operators.staff("billing.view_wallet").get(page).content.decode()
        shown = operators.staff(*MAY["grant"], email="granter@example.com").get(page).content.decode()
        assert "/grant/" in shown
        assert "/adjust/" not in shown

    def test_does_not_help_without_a_customer(self, operator):
        assert operator.get(f"/admin/billing/wallet/{uuid7()}/grant/").status_code == 404
