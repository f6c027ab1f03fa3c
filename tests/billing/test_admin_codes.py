"""Issuing and revoking codes in the admin site: shown once, recorded, with a permission of its own."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import OperatorAction
from billing import code_format
from billing.models import RedemptionCode
from billing.services import redemptions
from tests import cast, operators
from tests.cast import USD
from tests.operators import act, recorded

pytestmark = pytest.mark.django_db

PAGE = "/admin/billing/redemptioncode/issue/"
MAY = ("billing.issue_codes", "billing.view_redemptioncode")


def form(**changes: Any) -> dict[str, Any]:
    filled = {
        "count": "3",
        "amount": "5",
        "most_uses": "1",
        "most_uses_per_customer": "1",
        "reason": "a fair",
        "token": str(uuid7()),
    }
    return filled | changes


def shown(answer: Any) -> list[dict[str, str]]:
    """What stands in the page's lines, as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(answer.context["lines"])))


@pytest.fixture
def operator() -> Client:
    return operators.staff(*MAY)


class TestIssue:
    def test_shows_codes_that_work(self, operator: Client):
        answer = operator.post(PAGE, form(credit_expires_days="30", valid_days="10"))

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        rows = shown(answer)
        assert len(rows) == RedemptionCode.objects.count() == 3
        assert {row["usd"] for row in rows} == {"5"}
        assert all(row["code"] in answer.content.decode() and row["code"][0].isalpha() for row in rows)
        alice = cast.player("Alice")
        redemptions.redeem(customer_id=alice.id, typed=rows[1]["code"], now=timezone.now())
        assert alice.wallet().balance_nanos == 5 * USD

    def test_is_recorded_without_the_codes(self, operator: Client):
        answer = operator.post(PAGE, form())
        [action] = OperatorAction.objects.all()
        assert (action.action, action.reason, action.detail["count"]) == ("issue_code", "a fair", 3)
        assert (action.detail["amount_usd"], str(action.actor)) == ("5", "staff@example.com")
        kept = str(OperatorAction.objects.values().get()) + str(list(RedemptionCode.objects.values()))
        assert not any(row["code"][3:17] in kept for row in shown(answer))

    def test_shows_them_nowhere_else(self, operator: Client):
        rows = shown(operator.post(PAGE, form()))
        code = RedemptionCode.objects.first()
        assert code is not None
        for page in ("", f"{code.id}/change/"):
            text = operator.get(f"/admin/billing/redemptioncode/{page}").content.decode()
            assert not any(row["code"] in text for row in rows)

    def test_of_one_form_happens_once(self, operator: Client):
        filled = form()
        operator.post(PAGE, filled)
        answer = operator.post(PAGE, filled)
        assert "issued before" in answer.content.decode()
        assert RedemptionCode.objects.count() == 3
        assert recorded() == ["issue_code"]

    @pytest.mark.parametrize(
        "changes",
        [
            *({"count": count} for count in ("", "0", "-1", "1001", "x", "9" * 30)),
            *({"amount": amount} for amount in ("", "0", "-1", "NaN", "1000001", "1.0000000001")),
            *({"most_uses": uses} for uses in ("", "0", "1000001")),
            {"most_uses": "2", "most_uses_per_customer": "3"},
            {"credit_expires_days": "0"},
            {"valid_days": "99999"},
            {"reason": " "},
            {"reason": "a\x00b"},
            {"token": "not an id"},
        ],
    )
    def test_says_in_the_form_what_is_wrong(self, operator: Client, changes: dict[str, str]):
        answer = operator.post(PAGE, form(**changes))
        assert (answer.status_code, "errorlist" in answer.content.decode()) == (200, True)
        assert not RedemptionCode.objects.exists()
        assert recorded() == []

    @pytest.mark.parametrize("rights", [(), ("billing.view_redemptioncode",), ("billing.grant_credit",)])
    def test_needs_its_permission(self, rights: tuple[str, ...]):
        client = operators.staff(*rights)
        assert client.get(PAGE).status_code == client.post(PAGE, form()).status_code == 403
        assert not RedemptionCode.objects.exists()

    def test_is_offered_to_who_may(self, operator: Client):
        page = "/admin/billing/redemptioncode/"
        assert "issue/" in operator.get(page).content.decode()
        watcher = operators.staff("billing.view_redemptioncode", email="watcher@example.com")
        assert "issue/" not in watcher.get(page).content.decode()


class TestRevoke:
    def test_ends_a_code_once(self, operator: Client):
        [row] = shown(operator.post(PAGE, form(count="1")))
        code = RedemptionCode.objects.get()
        assert "Revoked:" in act(operator, "billing/redemptioncode", "revoke", code.pk, reason="leaked")
        told = act(operator, "billing/redemptioncode", "revoke", code.pk, reason="again")
        assert "Was revoked before" in told
        assert recorded() == ["issue_code", "revoke_code"]
        with pytest.raises(redemptions.CodeRefused):
            redemptions.redeem(
                customer_id=cast.player("Alice").id,
                typed=code_format.cleaned(row["code"]),
                now=timezone.now(),
            )

    def test_needs_a_reason(self, operator: Client):
        operator.post(PAGE, form(count="1"))
        code = RedemptionCode.objects.get()
        assert "Reason:" in act(operator, "billing/redemptioncode", "revoke", code.pk, reason=" ")
        assert RedemptionCode.objects.get().revoked_at is None
