"""Refunding on the operators' site: with permission, a reason and a record, once for each form."""

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from accounts.models import OperatorAction
from billing.models import LedgerTransaction, Refund, TopUp
from tests import cast, operators
from tests.billing.refunds.purchases import bought
from tests.cast import USD
from tests.operators import recorded
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db
MAY = ("billing.view_topup", "billing.give_refund")


def form(amount: str = "7.00", **changes: object) -> dict[str, object]:
    return {"amount": amount, "reason": "not needed", "token": str(uuid7())} | changes


def address(top_up: TopUp) -> str:
    return f"/admin/billing/topup/{top_up.customer_id}/{top_up.id}/"


def post(client: Client, top_up: TopUp, filled: dict[str, object]) -> str:
    answer = client.post(f"{address(top_up)}refund/", filled, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


class TestRefund:
    def test_takes_credit_asks_the_provider_and_records(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)

        told = post(operators.staff(*MAY), top_up, form())

        assert "7.00 USD refunded." in told
        row = Refund.objects.get()
        assert (row.state, row.amount_minor, str(row.author)) == ("succeeded", 700, "staff@example.com")
        assert alice.wallet().balance_nanos == 13 * USD
        posted = LedgerTransaction.objects.get(id=row.ledger_transaction_id)
        assert (posted.reason, str(posted.author)) == ("not needed", "staff@example.com")
        [record] = OperatorAction.objects.all()
        assert (record.action, record.reason, record.customer_id) == ("refund", "not needed", alice.id)
        assert record.detail == {"amount": "7.00 USD", "refund_id": str(row.id)}

    def test_shows_what_can_go_back_and_why_no_more(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        cast.hold(alice, out=128_000)
        page = operators.staff(*MAY).get(f"{address(top_up)}refund/").content.decode()
        assert "19.32 USD" in page
        assert "running requests hold credit" in page

    def test_refunds_once_however_often_the_form_is_sent(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up, client, filled = bought(alice, stripe), operators.staff(*MAY), form()
        for _ in range(3):
            post(client, top_up, filled)
        assert len(stripe.payments[top_up.object_id].refunds) == Refund.objects.count() == 1
        assert recorded() == ["refund"]
        assert "with another amount" in post(client, top_up, {**filled, "amount": "8"})

    def test_tells_of_a_refusal(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        stripe.rejects = "charge_disputed"
        assert "charge_disputed" in post(operators.staff(*MAY), top_up, form())
        assert alice.wallet().balance_nanos == 20 * USD

    def test_tells_that_a_silent_provider_is_asked_again(self, stripe: StandIn):
        top_up = bought(cast.player("Alice"), stripe)
        stripe.is_away = True
        assert "asked again by itself" in post(operators.staff(*MAY), top_up, form())
        assert Refund.objects.get().state == "requested"
        assert recorded() == ["refund"]

    @pytest.mark.parametrize(
        "filled",
        [
            *(form(text) for text in ("", "0", "-1", "1e3", "NaN", "1.005", "20.01", "9" * 20, "x")),
            form("\uff11"),
            form(reason=" "),
            form(reason="a\x00b"),
            form(token="x"),
            form(token="12345678-1234-4234-8234-123456789abc"),
        ],
        ids=lambda filled: str(sorted(filled.values(), key=len)[0])[:12],
    )
    def test_refuses_what_makes_no_sense(self, stripe: StandIn, filled: dict[str, object]):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        assert "Nothing was changed" in post(operators.staff(*MAY), top_up, filled)
        assert (recorded(), alice.wallet().balance_nanos) == ([], 20 * USD)

    @pytest.mark.parametrize("missing", MAY)
    def test_needs_both_permissions(self, stripe: StandIn, missing: str):
        top_up = bought(cast.player("Alice"), stripe)
        client = operators.staff(*(right for right in MAY if right != missing))
        for answer in (client.get(f"{address(top_up)}refund/"), client.post(f"{address(top_up)}refund/")):
            assert answer.status_code == 403

    def test_finds_no_top_up_of_somebody_else(self, stripe: StandIn):
        top_up = bought(cast.player("Alice"), stripe)
        top_up.customer_id = cast.player("Charlie").id
        assert operators.staff(*MAY).post(f"{address(top_up)}refund/", form()).status_code == 404


class TestLists:
    def test_show_what_went_back(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        root = operators.root()
        post(root, top_up, form())
        refund_id = Refund.objects.get().provider_refund_id
        for page in (address(top_up), f"/admin/billing/refund/?customer={alice.id}&state=succeeded"):
            shown = root.get(page).content.decode()
            assert refund_id in shown
            assert "7.00 USD" in shown
        assert "Refund</a>" in root.get(address(top_up)).content.decode()
