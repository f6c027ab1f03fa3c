"""Notices: each customer is told once of what happens to its credit, and again when it happens again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from billing.models import BillingDetails, CreditLot, Mail
from billing.services import credits, customers, lot_extensions, notices
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def give(who: cast.Player, *, days: float | None, amount: int = USD, now: datetime = NOW) -> CreditLot:
    credits.grant(
        customer_id=who.id,
        amount_nanos=amount,
        reason="for the test",
        effect_key=f"grant:{uuid7()}",
        now=now,
        expires_at=None if days is None else now + days * DAY,
    )
    return CreditLot.objects.filter(customer_id=who.id).latest("id")


def take(who: cast.Player, amount: int, *, now: datetime = NOW) -> None:
    credits.adjust(
        customer_id=who.id,
        amount_nanos=-amount,
        reason="for the test",
        author_id=User.objects.get(email="alice@example.com").id,
        effect_key=f"take:{uuid7()}",
        now=now,
    )


def told(kind: str) -> list[dict[str, object]]:
    return list(Mail.objects.filter(kind=kind).order_by("id").values_list("content", flat=True))


class TestExpiry:
    def test_is_told_of_30_7_and_1_days_before(self, alice: cast.Player):
        lot = give(alice, days=60)
        days = [
            60 - hour // 24
            for hour in range(0, 60 * 24, 6)
            if notices.tell_of_expiry(now=NOW + timedelta(hours=hour))
        ]
        assert days == [30, 7, 1]
        [first, *_] = told("credit_expires")
        assert first["remaining_nanos"] == USD
        assert lot.expires_at is not None
        assert first["expires_at"] == lot.expires_at.isoformat()
        assert [content["days"] for content in told("credit_expires")] == [30, 7, 1]

    def test_tells_only_of_the_last_step_after_a_pause(self, alice: cast.Player):
        give(alice, days=60)
        assert notices.tell_of_expiry(now=NOW + 55 * DAY) == 1
        assert [content["days"] for content in told("credit_expires")] == [7]

    @pytest.mark.parametrize(
        ("days", "steps"), [(1, []), (2.5, [1]), (7, [1]), (9, [7, 1]), (31.5, [30, 7, 1])]
    )
    def test_is_not_told_of_to_who_just_got_it(self, alice: cast.Player, days: float, steps: list[int]):
        give(alice, days=days)
        for hour in range(int(days * 24)):
            notices.tell_of_expiry(now=NOW + timedelta(hours=hour))
        assert [content["days"] for content in told("credit_expires")] == steps

    def test_of_less_than_a_cent_is_nobodys_business(self, alice: cast.Player):
        give(alice, days=60, amount=notices.LEAST_EXPIRING_NANOS - 1)
        give(alice, days=60, amount=notices.LEAST_EXPIRING_NANOS)
        assert notices.tell_of_expiry(now=NOW + 35 * DAY) == 1

    def test_of_what_is_spent_or_never_lapses_is_not_told_of(self, alice: cast.Player):
        give(alice, days=60)
        give(alice, days=None)
        take(alice, USD)
        assert notices.tell_of_expiry(now=NOW + 35 * DAY) == 0

    def test_is_told_of_again_after_more_time_was_given(self, alice: cast.Player):
        lot = give(alice, days=60)
        assert notices.tell_of_expiry(now=NOW + 35 * DAY) == 1
        lot_extensions.extend(
            customer_id=alice.id, lot_id=lot.id, expires_at=NOW + 90 * DAY, now=NOW + 36 * DAY
        )
        assert notices.tell_of_expiry(now=NOW + 36 * DAY) == 0
        assert notices.tell_of_expiry(now=NOW + 61 * DAY) == 1

    def test_is_not_told_to_who_is_closed(self, alice: cast.Player):
        give(alice, days=60)
        customers.close(customer_id=alice.id, reason="test", now=NOW)
        assert notices.tell_of_expiry(now=NOW + 35 * DAY) == 0

    def test_reaches_everybody_batch_by_batch(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(notices, "BATCH", 2)
        for number in range(5):
            give(cast.player(f"Customer-{number}"), days=60)
        assert [notices.tell_of_expiry(now=NOW + 35 * DAY) for _ in range(4)] == [2, 2, 1, 0]


class TestLowBalance:
    @pytest.fixture(autouse=True)
    def _asks(self, alice: cast.Player) -> None:
        BillingDetails.objects.create(customer_id=alice.id, low_balance_nanos=5 * USD)
        give(alice, days=None, amount=10 * USD)

    def test_is_told_of_once_for_each_fall(self, alice: cast.Player):
        assert notices.tell_of_low_balance(now=NOW) == 0
        take(alice, 6 * USD)
        assert [notices.tell_of_low_balance(now=NOW) for _ in range(3)] == [1, 0, 0]
        take(alice, USD)
        assert notices.tell_of_low_balance(now=NOW) == 0
        give(alice, days=None, amount=2 * USD)
        assert notices.tell_of_low_balance(now=NOW) == 0
        take(alice, USD)
        assert notices.tell_of_low_balance(now=NOW) == 1
        assert told("low_balance")[0] == {"available_nanos": 4 * USD, "threshold_nanos": 5 * USD}

    def test_is_told_of_when_more_is_asked_for(self, alice: cast.Player):
        BillingDetails.objects.update(low_balance_nanos=11 * USD)
        assert notices.tell_of_low_balance(now=NOW) == 1

    def test_is_not_told_of_to_who_does_not_ask(self, alice: cast.Player):
        BillingDetails.objects.update(low_balance_nanos=None)
        take(alice, 6 * USD)
        assert notices.tell_of_low_balance(now=NOW) == 0

    def test_that_is_gone_is_told_of_as_that(self, alice: cast.Player):
        take(alice, 10 * USD)
        assert notices.tell_of_low_balance(now=NOW) == 0
        assert notices.tell_of_cut_off(now=NOW + timedelta(minutes=2)) == 1
        give(alice, days=None, amount=2 * USD)
        assert notices.tell_of_low_balance(now=NOW) == 0


class TestCutOff:
    def test_is_told_of_once_for_each(self, alice: cast.Player):
        give(alice, days=None)
        take(alice, USD)
        assert notices.tell_of_cut_off(now=NOW + timedelta(minutes=1)) == 0
        later = NOW + timedelta(minutes=2)
        assert [notices.tell_of_cut_off(now=later) for _ in range(3)] == [1, 0, 0]
        assert told("cut_off") == [{"cut_off_at": NOW.isoformat(), "balance_nanos": 0, "debt_nanos": 0}]

        give(alice, days=None, now=later)
        take(alice, USD, now=later)
        assert notices.tell_of_cut_off(now=later + timedelta(minutes=2)) == 1

    def test_is_not_told_of_to_who_never_had_credit(self, alice: cast.Player):
        assert notices.tell_of_cut_off(now=timezone.now() + timedelta(minutes=10)) == 0

    def test_that_a_top_up_ended_is_not_told_of(self, alice: cast.Player):
        give(alice, days=None)
        take(alice, USD)
        give(alice, days=None)
        assert notices.tell_of_cut_off(now=NOW + timedelta(minutes=10)) == 0

    def test_of_long_ago_is_not_told_of(self, alice: cast.Player):
        give(alice, days=None)
        take(alice, USD)
        assert notices.tell_of_cut_off(now=NOW + 2 * DAY) == 0


class TestRecipient:
    @pytest.mark.parametrize(
        ("details", "recipient", "language"),
        [
            (None, "alice@example.com", "en"),
            ({"email": ""}, "alice@example.com", "en"),
            ({"email": "bills@example.com", "language": "zh-hans"}, "bills@example.com", "zh-hans"),
        ],
    )
    def test_is_who_answers_for_the_bills(
        self, alice: cast.Player, details: dict[str, str] | None, recipient: str, language: str
    ):
        if details is not None:
            BillingDetails.objects.create(customer_id=alice.id, **details)
        give(alice, days=60)
        notices.tell_of_expiry(now=NOW + 35 * DAY)
        mail = Mail.objects.get()
        assert (mail.recipient, mail.language, mail.sent_at) == (recipient, language, None)
        assert mail.next_try_at is not None
