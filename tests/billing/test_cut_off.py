"""When customers are cut off and restored: judged on balance and debt, when one of them changes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing import cut_off
from billing.models import Outbox
from billing.services import cut_offs
from billing.services.holds import end
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
THRESHOLD = 1_000_000


class TestJudge:
    @pytest.mark.parametrize(
        ("balance", "debt", "before", "since"),
        [
            (THRESHOLD, 0, None, None),
            (THRESHOLD, 0, EARLIER, None),
            (THRESHOLD - 1, 0, None, NOW),
            (THRESHOLD - 1, 0, EARLIER, EARLIER),
            (0, 0, None, NOW),
            (USD, 1, None, NOW),
            (USD, 1, EARLIER, EARLIER),
            (0, 1, None, NOW),
        ],
    )
    def test_says_since_when(self, balance: int, debt: int, before: datetime | None, since: datetime | None):
        assert cut_off.judge(balance_nanos=balance, debt_nanos=debt, cut_off_at=before, now=NOW) == since


@pytest.mark.django_db
class TestCutOff:
    @pytest.fixture(autouse=True)
    def model(self) -> LanguageModel:
        return cast.model()

    def test_follows_the_balance_around_the_threshold(self):
        dora = cast.player("Dora")
        assert dora.wallet().cut_off_at is not None

        cast.fund(dora.id, THRESHOLD - 1)
        assert dora.wallet().cut_off_at is not None
        cast.fund(dora.id, 1)
        assert dora.wallet().cut_off_at is None

    def test_comes_with_the_charge_that_spends_the_last_credit(self):
        alice = cast.player("Alice", 300 * OUTPUT_TOKEN)
        version = alice.wallet().state_version
        Outbox.objects.all().delete()
        now = timezone.now()

        cast.send(cast.report(alice, output=250))
        assert cast.settle(now=now).keys_changed

        wallet = alice.wallet()
        assert (wallet.cut_off_at, wallet.state_version) == (now, version + 1)
        assert [(o.customer_id, o.state_version) for o in Outbox.objects.all()] == [(alice.id, version + 1)]

    def test_stays_and_publishes_nothing_while_nothing_changes(self):
        alice = cast.player("Alice", USD)
        version = alice.wallet().state_version
        Outbox.objects.all().delete()

        cast.send(cast.report(alice, output=10))
        assert not cast.settle().keys_changed
        cast.fund(alice.id, USD)

        assert alice.wallet().state_version == version
        assert not Outbox.objects.exists()

    def test_ends_in_the_transaction_that_posts_the_credit(self):
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1000))
        cast.settle()
        version = dora.wallet().state_version

        cast.fund(dora.id, 1000 * OUTPUT_TOKEN + THRESHOLD - 1)
        assert dora.wallet().cut_off_at is not None
        assert dora.wallet().debt_nanos == 0
        assert dora.wallet().state_version == version

        cast.fund(dora.id, 1)
        wallet = dora.wallet()
        assert (wallet.cut_off_at, wallet.state_version) == (None, version + 1)
        assert Outbox.objects.filter(customer=dora.customer, state_version=version + 1).exists()
        assert cast.hold(dora, out=1).state == "open"

    def test_comes_with_debt_although_holds_keep_the_balance_high(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000)

        cast.send(cast.report(alice, output=1))
        cast.settle()
        assert alice.wallet().balance_nanos == 1000 * OUTPUT_TOKEN
        assert alice.wallet().cut_off_at is not None

        cast.release(held)
        assert alice.wallet().cut_off_at is None

    def test_does_not_look_at_what_is_held(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000)
        assert (alice.wallet().available_nanos, alice.wallet().cut_off_at) == (0, None)
        end.expire(now=held.expires_at)
        assert alice.wallet().cut_off_at is None

    def test_does_not_come_with_a_charge_while_other_holds_have_the_rest(self):
        alice = cast.player("Alice", 2000 * OUTPUT_TOKEN)
        first, second = cast.hold(alice, out=1000), cast.hold(alice, out=1000)

        cast.send(cast.report(alice, first.request_id, output=1000))
        cast.settle()

        assert (alice.wallet().available_nanos, alice.wallet().cut_off_at) == (0, None)
        cast.release(second)


@pytest.mark.django_db
class TestJudgeAll:
    def test_follows_a_threshold_that_was_raised_and_lowered(self, settings: Settings):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", 5 * USD)
        version = alice.wallet().state_version
        Outbox.objects.all().delete()

        settings.CUT_OFF_BELOW_NANOS = 2 * USD
        assert cut_offs.judge_all(now=NOW) == 1
        assert (alice.wallet().cut_off_at, alice.wallet().state_version) == (NOW, version + 1)
        assert charlie.wallet().cut_off_at is None
        assert [(o.customer_id, o.state_version) for o in Outbox.objects.all()] == [(alice.id, version + 1)]

        settings.CUT_OFF_BELOW_NANOS = USD
        assert cut_offs.judge_all(now=NOW) == 1
        assert (alice.wallet().cut_off_at, alice.wallet().state_version) == (None, version + 2)

    def test_leaves_alone_who_is_judged_rightly(self):
        cast.model()
        dora = cast.player("Dora")
        cast.player("Alice", USD)
        indebted = cast.player("Charlie", 1000 * OUTPUT_TOKEN)
        cast.hold(indebted, out=1000)
        cast.send(cast.report(indebted, output=1))
        cast.settle()
        assert indebted.wallet().debt_nanos > 0
        before = dora.wallet().cut_off_at
        Outbox.objects.all().delete()

        assert cut_offs.judge_all(now=NOW) == 0
        assert dora.wallet().cut_off_at == before
        assert not Outbox.objects.exists()

    def test_works_through_more_than_one_batch(self, settings: Settings, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(cut_offs, "BATCH", 2)
        players = [cast.player(f"Customer-{number}", USD) for number in range(5)]
        settings.CUT_OFF_BELOW_NANOS = 2 * USD

        assert cut_offs.judge_all(now=NOW) == 5
        assert all(who.wallet().cut_off_at == NOW for who in players)
        assert cut_offs.judge_all(now=NOW) == 0

        settings.CUT_OFF_BELOW_NANOS = THRESHOLD
        assert cut_offs.judge_all(now=NOW) == 5
