"""The bench's customers, work and history, at the smallest size; the audit runs after each test."""

import pytest

from bench import grower, history, people, settler, work
from billing.models import Hold, Wallet
from tests import cast
from usage.models import Charge, UsageEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _customers() -> None:
    cast.model()
    people.sign_up(3, credit_nanos=people.CREDIT_NANOS)


class TestWork:
    def test_is_held_reported_and_settled(self):
        work.report(work.place(12))
        assert UsageEvent.objects.count() == 12

        assert settler.settle()["events"] == 12

        assert Charge.objects.count() == 12
        assert not Wallet.objects.exclude(held_nanos=0).exists()

    def test_can_be_one_customers(self):
        someone = work.someone()

        assert {held.customer_id for held in work.place(4, only=someone)} == {someone}


class TestHistory:
    def test_is_settled_requests_with_their_holds(self):
        history.write(50)

        assert Charge.objects.count() == Hold.objects.filter(state="settled").count() == 50

    def test_can_be_looked_up(self):
        history.write(50)

        assert min(grower.find_requests(), grower.sum_usage(), grower.make_statements()) > 0
