"""Automatic top-ups in the admin site: for the eye of support."""

import pytest
from django.utils import timezone

from billing.models import AutoTopUp
from tests import cast, operators
from tests.billing.auto_top_ups.agreements import agree
from tests.billing.auto_top_ups.test_settings import card_of

pytestmark = pytest.mark.django_db


class TestPage:
    def test_shows_terms_card_and_suspension(self):
        alice = cast.player("Alice")
        agree(alice, card_of(alice))
        AutoTopUp.objects.update(suspended_at=timezone.now(), suspended_reason="generic_decline")
        support = operators.staff("billing.view_autotopup")

        listed = support.get("/admin/billing/autotopup/?q=alice@example.com").content.decode()
        shown = support.get(f"/admin/billing/autotopup/{alice.id}/change/").content.decode()

        assert "generic_decline" in listed
        assert all(
            text in shown for text in ("20.00", "1000.00", "•••• 4242", "5.000000000", "generic_decline")
        )
        assert 'name="_save"' not in shown
