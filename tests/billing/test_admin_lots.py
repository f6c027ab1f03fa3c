"""Giving a lot more time in the admin site: a page with a reason, for who may give credit."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OperatorAction
from billing.models import CreditLot
from tests import cast, operators
from tests.cast import USD
from tests.operators import recorded

pytestmark = pytest.mark.django_db

MAY = ("billing.grant_credit", "billing.view_creditlot")


@pytest.fixture
def lot() -> CreditLot:
    alice = cast.player("Alice")
    cast.fund(alice.id, USD, expires_at=timezone.now() + timedelta(days=10))
    return CreditLot.objects.get()


def page(lot: CreditLot, name: str = "extend/") -> str:
    return f"/admin/billing/creditlot/{lot.customer_id}/{lot.id}/{name}"


def form(*, days: int = 20, reason: str = "was ill") -> dict[str, str]:
    return {"day": (timezone.now() + timedelta(days=days)).date().isoformat(), "reason": reason}


@pytest.fixture
def operator() -> Client:
    return operators.staff(*MAY)


class TestExtend:
    def test_moves_its_end_and_is_recorded(self, operator: Client, lot: CreditLot):
        filled = form()
        answer = operator.post(page(lot), filled)

        assert (answer.status_code, answer["Location"]) == (302, page(lot, ""))
        until = CreditLot.objects.get().expires_at
        assert until is not None
        assert (until - timedelta(microseconds=1)).date().isoformat() == filled["day"]
        action = OperatorAction.objects.get()
        assert (action.action, action.reason, action.customer_id) == (
            "extend_lot",
            "was ill",
            lot.customer_id,
        )
        assert action.detail["after"] == until.isoformat()

    @pytest.mark.parametrize(
        "filled",
        [form(days=5), form(days=-5), form(days=4000), form(reason=" "), {"day": "x", "reason": "a"}, {}],
    )
    def test_says_in_the_form_what_is_wrong(self, operator: Client, lot: CreditLot, filled: dict[str, str]):
        answer = operator.post(page(lot), filled)
        assert (answer.status_code, "errorlist" in answer.content.decode()) == (200, True)
        assert CreditLot.objects.get().expires_at == lot.expires_at
        assert recorded() == []

    @pytest.mark.parametrize("rights", [(), MAY[:1], MAY[1:]])
    def test_needs_both_permissions(self, lot: CreditLot, rights: tuple[str, ...]):
        client = operators.staff(*rights)
        assert client.get(page(lot)).status_code == client.post(page(lot), form()).status_code == 403
        assert CreditLot.objects.get().expires_at == lot.expires_at

    def test_is_offered_where_something_will_lapse(self, operator: Client, lot: CreditLot):
        assert "extend/" in operator.get(page(lot, "")).content.decode()
        CreditLot.objects.update(expires_at=None)
        assert "extend/" not in operator.get(page(lot, "")).content.decode()
