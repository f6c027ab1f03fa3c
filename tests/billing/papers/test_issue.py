"""Issuing papers: one for each payment and refund, numbered without gaps, saying for ever the same."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import BillingDetails, Mail, Paper, PaperCount
from billing.services.papers import issue, receipt
from tests import cast
from tests.billing.refunds.purchases import bought, refund
from tests.billing.top_ups.purchases import begin, bonus
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


def issue_all(**terms: datetime) -> int:
    return issue.issue_due(**({"now": timezone.now()} | terms))


def numbers() -> list[str]:
    return [str(paper) for paper in Paper.objects.order_by("year", "number")]


class TestIssueDue:
    def test_gives_a_paid_top_up_one_receipt(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        begin(alice, "not-paid")

        assert issue_all() == 1
        assert issue_all() == 0

        paper = Paper.objects.get()
        now = timezone.now()
        assert (paper.kind, paper.top_up_id, paper.year, paper.number) == ("receipt", top_up.id, now.year, 1)
        assert paper.content["amount_minor"] == 2000
        assert paper.content["top_up"]["payment_id"] == top_up.payment_id
        assert paper.content["buyer"]["name"] == "Alice"
        assert paper.content["buyer"]["email"] == "alice@example.com"

    def test_names_rate_credit_and_bonus(self, alipay: StandIn):
        alice = cast.player("Alice")
        bonus((10 * cast.USD, 50_000))
        top_up = bought(alice, alipay)

        issue_all()

        says = Paper.objects.get().content
        assert (says["currency"], says["amount_minor"]) == ("CNY", 10_000)
        assert (says["credit_nanos"], says["bonus_nanos"]) == (top_up.credit_nanos, top_up.bonus_nanos)
        assert says["top_up"]["cny_per_usd_micros"] == 7_200_000
        assert top_up.bonus_nanos > 0

    def test_gives_a_refund_a_paper_that_names_the_receipt(self, stripe: StandIn):
        alice = cast.player("Alice")
        back = refund(bought(alice, stripe), 500)

        assert issue_all() == 2

        receipt_of, refund_of = Paper.objects.order_by("number")
        assert [receipt_of.kind, refund_of.kind] == ["receipt", "refund"]
        assert refund_of.refund_id == back.id
        assert refund_of.content["receipt_number"] == receipt_of.content["number"] == str(receipt_of)
        assert (refund_of.content["amount_minor"], refund_of.content["credit_nanos"]) == (500, 5 * cast.USD)

    def test_waits_for_a_refund_that_has_not_succeeded(self, stripe: StandIn):
        stripe.refund_state = stripe.refund_state.PENDING
        refund(bought(cast.player("Alice"), stripe), 500)

        issue_all()

        assert [paper.kind for paper in Paper.objects.all()] == ["receipt"]

    def test_begins_each_year_at_one(self, stripe: StandIn):
        alice = cast.player("Alice")
        bought(alice, stripe, "a")
        bought(alice, stripe, "b")
        issue_all(now=datetime(2026, 12, 31, 23, 59, tzinfo=UTC), since=issue.EVER)
        bought(alice, stripe, "c")
        issue_all(now=datetime(2027, 1, 1, tzinfo=UTC), since=issue.EVER)

        assert numbers() == ["2026-000001", "2026-000002", "2027-000001"]

    def test_finds_an_old_one_in_the_daily_run(self, stripe: StandIn):
        bought(cast.player("Alice"), stripe)
        later = timezone.now() + timedelta(days=30)

        assert issue_all(now=later) == 0
        assert issue_all(now=later, since=issue.EVER) == 1

    def test_writes_one_mail_for_each_paper(self, stripe: StandIn):
        alice = cast.player("Alice")
        BillingDetails.objects.create(customer=alice.customer, email="pay@example.com", language="zh-hans")
        refund(bought(alice, stripe), 500)

        issue_all()
        issue_all()

        mails = Mail.objects.order_by("id").values_list("kind", "recipient", "language")
        assert list(mails) == [
            ("receipt", "pay@example.com", "zh-hans"),
            ("refund", "pay@example.com", "zh-hans"),
        ]


class TestPaper:
    def test_stays_as_it_is_when_the_buyer_changes(self, stripe: StandIn):
        alice = cast.player("Alice")
        details = BillingDetails.objects.create(customer=alice.customer, name="Alice Ltd.", tax_id="1")
        bought(alice, stripe)
        issue_all()
        paper = Paper.objects.get()
        drawn = receipt.draw(paper.content)

        details.name, details.tax_id, details.language = "Other Ltd.", "2", "zh-hans"
        details.save()
        issue_all()

        paper.refresh_from_db()
        assert paper.content["buyer"]["name"] == "Alice Ltd."
        assert receipt.draw(paper.content) == drawn

    @pytest.mark.parametrize("statement", ["update paper set content = '{}'", "delete from paper"])
    def test_is_not_changed_even_by_its_owner(self, stripe: StandIn, statement):
        bought(cast.player("Alice"), stripe)
        issue_all()

        with pytest.raises(Exception, match=r"refused|denied"), transaction.atomic():
            connection.cursor().execute(statement)

    def test_has_a_number_of_its_own(self, stripe: StandIn):
        bought(cast.player("Alice"), stripe)
        issue_all()
        paper = Paper.objects.get()

        paper.id, paper.top_up_id = uuid7(), uuid7()
        with pytest.raises(IntegrityError, match="paper_number_once"), transaction.atomic():
            paper.save(force_insert=True)

    def test_number_never_goes_back_or_jumps(self, unaudited):
        PaperCount.objects.create(year=2026, last_number=5)
        for number in (4, 7):
            with pytest.raises(IntegrityError, match="fixed"), transaction.atomic():
                PaperCount.objects.filter(year=2026).update(last_number=number)
