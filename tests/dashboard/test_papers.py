"""Receipts: linked where the top-up is, and nobody else's."""

import pytest
from django.utils import timezone

from billing.models import Paper
from billing.services.papers import issue
from tests.billing.top_ups import purchases
from tests.cast import Player
from tests.dashboard import browsers
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


def receipt(who: Player, stripe: StandIn) -> Paper:
    top_up = purchases.begin(who)
    stripe.pay(top_up.object_id)
    purchases.look(top_up)
    issue.issue_due(now=timezone.now())
    return Paper.objects.get()


class TestPaper:
    def test_is_a_pdf_that_every_list_links_to(self, alice, stripe):
        paper = receipt(alice, stripe)
        browser = browsers.of(alice)

        for path in ("/dashboard/", "/dashboard/top-ups/", f"/dashboard/top-ups/{paper.top_up_id}/"):
            assert f'href="/dashboard/papers/{paper.id}/"' in browser.get(path).html
        answer = browser.get(f"/dashboard/papers/{paper.id}/").answer
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == f'attachment; filename="{paper.content["number"]}.pdf"'
        assert answer.content.startswith(b"%PDF-")

    def test_is_not_there_for_others(self, alice, charlie, stripe):
        paper = receipt(alice, stripe)

        assert browsers.of(charlie).get(f"/dashboard/papers/{paper.id}/").status == 404

    def test_is_there_for_colleagues(self, alice, stripe):
        paper = receipt(alice, stripe)

        assert browsers.of_user(browsers.colleague(alice)).get(f"/dashboard/papers/{paper.id}/").status == 200
