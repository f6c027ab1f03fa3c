"""The list of months, and the files behind it."""

from datetime import UTC, datetime

import pytest

from billing.models import Wallet
from dashboard.views.statements import _months
from tests.dashboard import browsers

pytestmark = pytest.mark.django_db
PATH = "/dashboard/statements/"


class TestStatements:
    def test_lead_to_files_of_this_customer(self, alice):
        browser = browsers.of(alice)
        page = browser.get(PATH)
        month = f"{datetime.now(UTC):%Y-%m}"

        for kind, begins in (("pdf", b"%PDF-"), ("csv", b"")):
            address = f"/api/v1/statement.{kind}?month={month}&customer={alice.id}"
            assert address.replace("&", "&amp;") in page.html
            answer = browser.get(address).answer
            assert (answer.status_code, answer.content.startswith(begins)) == (200, True)

    def test_of_others_are_not_there(self, alice, charlie):
        month = f"{datetime.now(UTC):%Y-%m}"

        assert str(alice.id) not in browsers.of(charlie).get(PATH).html
        page = browsers.of(charlie).get(f"/api/v1/statement.pdf?month={month}&customer={alice.id}")
        assert page.status == 404

    def test_begin_where_the_wallet_was_opened(self, alice):
        Wallet.objects.filter(customer_id=alice.id).update(opened_at=datetime(2025, 12, 31, tzinfo=UTC))

        text = browsers.of(alice).get(PATH).text
        assert "December 2025 PDF CSV" in text
        assert "November 2025" not in text

    def test_count_over_years(self):
        months = _months(datetime(2024, 11, 5, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC))

        assert [str(month) for month in months] == ["2025-02", "2025-01", "2024-12", "2024-11"]
