"""Receipts over HTTP: one's own, in either language, and nobody else's."""

import pytest
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import BillingDetails, Paper
from billing.services.papers import issue, receipt
from tests import cast
from tests.billing.refunds.purchases import bought, refund
from tests.billing.top_ups.api_callers import refused, with_key
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice")


@pytest.fixture
def papers(alice: cast.Player, stripe: StandIn) -> list[Paper]:
    """A receipt and a refund's."""
    refund(bought(alice, stripe), 500)
    issue.issue_due(now=timezone.now())
    return list(Paper.objects.order_by("number"))


class TestPapers:
    def test_lists_the_receipts_of_a_top_up(self, alice, papers):
        shown = with_key(alice).get(f"/api/v1/top-ups/{papers[0].top_up_id}/papers").json()["papers"]

        assert [(each["kind"], each["number"]) for each in shown] == [
            (paper.kind, str(paper)) for paper in papers
        ]
        assert shown[0]["refund_id"] is None
        assert shown[1]["refund_id"] == str(papers[1].refund_id)

    def test_gives_each_as_a_file(self, alice, papers):
        for paper in papers:
            answer = with_key(alice).get(f"/api/v1/papers/{paper.id}.pdf")

            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{paper.kind}-{paper}.pdf"'
            assert answer.content == receipt.draw(paper.content)

    def test_gives_a_top_ups_receipt_in_either_language(self, alice, papers):
        BillingDetails.objects.create(customer=alice.customer, language="zh-hans")
        for query, language in (("", "en"), ("?language=en", "en"), ("?language=zh-hans", "zh-hans")):
            answer = with_key(alice).get(f"/api/v1/top-ups/{papers[0].top_up_id}/receipt.pdf{query}")

            assert answer.content == receipt.draw(papers[0].content, language=language)

    @pytest.mark.parametrize("language", ["", "de", "EN", "zh_hans", "../en"])
    def test_refuses_other_languages(self, alice, papers, language):
        answer = with_key(alice).get(f"/api/v1/papers/{papers[0].id}.pdf", {"language": language})

        refused(answer, 422, "invalid", "language")

    def test_are_nobody_elses(self, papers):
        charlie = with_key(cast.player("Charlie"))
        for address in (
            f"/api/v1/top-ups/{papers[0].top_up_id}/papers",
            f"/api/v1/top-ups/{papers[0].top_up_id}/receipt.pdf",
            f"/api/v1/papers/{papers[0].id}.pdf",
            f"/api/v1/papers/{papers[1].id}.pdf",
        ):
            assert charlie.get(address).status_code == 404
            assert Client().get(address).status_code == 401

    def test_are_not_there_before_they_are_issued(self, alice, stripe: StandIn):
        top_up = bought(alice, stripe)

        address = f"/api/v1/top-ups/{top_up.id}"
        assert with_key(alice).get(f"{address}/papers").json() == {"papers": []}
        assert with_key(alice).get(f"{address}/receipt.pdf").status_code == 404
        assert with_key(alice).get(f"/api/v1/top-ups/{uuid7()}/papers").status_code == 404
