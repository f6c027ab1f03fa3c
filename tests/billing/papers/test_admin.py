"""Operators' pages of receipts and of who they are made out to."""

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import BillingDetails, Paper
from billing.services.papers import issue, receipt
from tests import cast, operators
from tests.billing.refunds.purchases import bought
from tests.operators import recorded
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db
PAPERS = "/admin/billing/paper/"
DETAILS = "/admin/billing/billingdetails/"


@pytest.fixture
def paper(stripe: StandIn) -> Paper:
    bought(cast.player("Alice"), stripe)
    issue.issue_due(now=timezone.now())
    return Paper.objects.get()


class TestPapers:
    def test_are_found_by_customer_and_by_number(self, paper):
        root, charlie = operators.root(), cast.player("Charlie")
        for query, is_found in (
            ({"customer": str(paper.customer_id)}, True),
            ({"number": str(paper)}, True),
            ({"number": f"{paper.year}-1", "customer": str(paper.customer_id)}, True),
            ({"number": str(paper), "customer": str(charlie.id)}, False),
            ({"number": f"{paper.year}-000002"}, False),
            ({"number": "x"}, False),
            ({}, False),
        ):
            shown = root.get(PAPERS, query).content.decode()
            assert (f"{paper.id}.pdf" in shown) is is_found

    def test_are_the_customers_own_files(self, paper):
        root = operators.root()

        answer = root.get(f"{PAPERS}{paper.customer_id}/{paper.id}.pdf")
        assert answer.content == receipt.draw(paper.content)
        assert root.get(f"{PAPERS}{uuid7()}/{paper.id}.pdf").status_code == 404

    def test_need_a_permission(self, paper):
        for address in (PAPERS, f"{PAPERS}{paper.customer_id}/{paper.id}.pdf"):
            assert operators.staff(email=f"{uuid7()}@example.com").get(address).status_code == 403
        allowed = operators.staff("billing.view_paper")
        assert allowed.get(f"{PAPERS}{paper.customer_id}/{paper.id}.pdf").status_code == 200


class TestBillingDetails:
    def test_are_changed_on_record_and_hold_for_later_receipts(self, paper):
        root, alice = operators.root(), paper.customer
        form = {"customer": alice.id, "name": "Alice Ltd.", "language": "zh-hans", "email": "pay@example.com"}

        assert root.post(f"{DETAILS}add/", form).status_code == 302
        changed = {**form, "name": "Alice GmbH", "country": "DE"}
        assert root.post(f"{DETAILS}{alice.id}/change/", changed).status_code == 302

        details = BillingDetails.objects.get()
        assert (details.name, details.country, details.language) == ("Alice GmbH", "DE", "zh-hans")
        assert recorded() == ["add", "change"]

    def test_refuse_an_address_that_is_none(self, paper):
        form = {"customer": paper.customer_id, "language": "en", "email": "pay@example.com\nBcc: x@y.z"}

        assert operators.root().post(f"{DETAILS}add/", form).status_code == 200
        assert not BillingDetails.objects.exists()
