"""Differences from the payment providers' books, as operators see and answer them."""

import pytest
from django.utils import timezone

from billing.models import PaymentDiscrepancy
from tests import operators
from tests.usage import waiting

pytestmark = pytest.mark.django_db
PAGE = "billing/paymentdiscrepancy"


@pytest.fixture
def difference() -> PaymentDiscrepancy:
    return waiting.payment_difference()


class TestAnswer:
    def test_needs_a_reason(self, difference: PaymentDiscrepancy):
        operators.act(operators.root(), PAGE, "answer_for", difference.pk, reason=" ")

        difference.refresh_from_db()
        assert difference.answered_at is None

    def test_is_kept_with_who_gave_it(self, difference: PaymentDiscrepancy):
        operators.act(operators.root(), PAGE, "answer_for", difference.pk, reason="their rounding")

        difference.refresh_from_db()
        assert (difference.answer, str(difference.answered_by)) == ("their rounding", "root@example.com")
        assert operators.recorded()[-1] == "answer_discrepancy"

    def test_is_given_once(self, difference: PaymentDiscrepancy):
        root = operators.root()
        operators.act(root, PAGE, "answer_for", difference.pk, reason="their rounding")
        operators.act(root, PAGE, "answer_for", difference.pk, reason="something else")

        difference.refresh_from_db()
        assert difference.answer == "their rounding"

    def test_is_not_for_those_who_may_only_look(self, difference: PaymentDiscrepancy):
        client = operators.staff("billing.view_paymentdiscrepancy")
        operators.act(client, PAGE, "answer_for", difference.pk, reason="mine")

        difference.refresh_from_db()
        assert difference.answered_at is None


class TestFirstPage:
    def test_counts_what_is_open(self, difference: PaymentDiscrepancy):
        label = "differences from the payment providers"
        assert label in operators.root().get("/admin/").content.decode()

        PaymentDiscrepancy.objects.update(gone_at=timezone.now())
        assert label not in operators.root("other@example.com").get("/admin/").content.decode()
