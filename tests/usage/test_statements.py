"""Statements: every line is true, and every column adds up, whatever happened."""

import random
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.db.models import Sum
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.services import credits, lots
from billing.services.holds import end
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.models import Charge
from usage.services import statements
from usage.services.corrections import evidence

pytestmark = pytest.mark.django_db

EVER = {"since": cast.LONG_AGO, "until": timezone.now() + timedelta(days=365)}


@pytest.fixture
def models():
    return [cast.model(), cast.model("other-model")]


def grant(who, amount, now, **terms):
    credits.grant(
        customer_id=who.id, amount_nanos=amount, reason="gift", effect_key=f"g:{uuid7()}", now=now, **terms
    )


def use(who, output, now, *, bound=None, model=cast.MODEL, known="reported"):
    request_id = cast.id_at(now)
    if bound is not None:
        cast.hold(who, request_id=request_id, out=bound, model=model, now=now)
    cast.send(cast.report(who, request_id, output=output, model=model, evidence=known), now=now)
    cast.settle(now=now)
    return request_id


def correct(who, request_id, output, now):
    cast.send(cast.report(who, request_id, output=output), now=now)
    evidence.correct(now=now)


def statement(who, **period):
    return statements.of_customer(customer_id=who.id, **(EVER | period))


def told(statement):
    return [(line.kind, line.model, line.in_nanos, line.out_nanos) for line in statement.lines]


class TestOfCustomer:
    def test_folds_usage_by_day_and_model_between_other_movements(self, models):
        alice = cast.player("Alice")
        noon = timezone.now().replace(hour=12, minute=0) - timedelta(days=5)
        grant(alice, USD, noon)
        for minutes, model in ((1, "claude-sonnet-4-6"), (2, "other-model"), (3, "claude-sonnet-4-6")):
            use(alice, 10, noon + timedelta(minutes=minutes), model=model)
        use(alice, 10, noon + timedelta(days=1))
        grant(alice, USD, noon + timedelta(days=1, minutes=1))
        use(alice, 10, noon + timedelta(days=1, minutes=2))

        found = statement(alice)

        tokens = 10 * OUTPUT_TOKEN
        assert told(found) == [
            ("grant", None, USD, 0),
            ("usage", "claude-sonnet-4-6", 0, 2 * tokens),
            ("usage", "other-model", 0, tokens),
            ("usage", "claude-sonnet-4-6", 0, tokens),
            ("grant", None, USD, 0),
            ("usage", "claude-sonnet-4-6", 0, tokens),
        ]
        assert [line.requests for line in found.lines] == [None, 2, 1, 1, None, 1]
        assert found.closing_balance_nanos == alice.wallet().balance_nanos

    def test_shows_what_credit_did_not_cover_as_owed_and_paid_back(self, models):
        dora = cast.player("Dora")
        now = timezone.now() - timedelta(hours=2)
        grant(dora, 300 * OUTPUT_TOKEN, now)
        use(dora, 400, now + timedelta(minutes=1), bound=300)
        use(dora, 50, now + timedelta(minutes=2))
        grant(dora, USD, now + timedelta(minutes=3))

        found = statement(dora)

        assert told(found) == [
            ("grant", None, 300 * OUTPUT_TOKEN, 0),
            ("owed", None, 150 * OUTPUT_TOKEN, 0),
            ("usage", "claude-sonnet-4-6", 0, 450 * OUTPUT_TOKEN),
            ("grant", None, USD, 0),
            ("debt_repayment", None, 0, 150 * OUTPUT_TOKEN),
        ]
        assert [line.owed_after_nanos // OUTPUT_TOKEN for line in found.lines] == [0, 150, 150, 150, 0]
        assert found.closing_balance_nanos == USD - 150 * OUTPUT_TOKEN

    def test_shows_corrections_on_lines_of_their_own(self, models):
        dora = cast.player("Dora")
        now = timezone.now() - timedelta(hours=2)
        grant(dora, 100 * OUTPUT_TOKEN, now)
        first, second = cast.id_at(now + timedelta(minutes=1)), cast.id_at(now + timedelta(minutes=2))
        for request_id in (first, second):
            cast.send(cast.report(dora, request_id, output=40, evidence="estimated"), now=now)
        cast.settle(now=now + timedelta(minutes=3))
        correct(dora, first, 90, now + timedelta(minutes=4))
        use(dora, 1, now + timedelta(minutes=5))
        correct(dora, second, 5, now + timedelta(minutes=6))

        found = statement(dora)

        assert [(kind, out // OUTPUT_TOKEN, into // OUTPUT_TOKEN) for kind, _, into, out in told(found)] == [
            ("grant", 0, 100),
            ("usage", 80, 0),
            ("owed", 0, 30),
            ("correction", 50, 0),
            ("owed", 0, 1),
            ("usage", 1, 0),
            ("correction", 0, 35),
            ("debt_repayment", 31, 0),
        ]
        assert [line.requests for line in found.lines if line.kind == "correction"] == [1, 1]
        assert found.lines[3].model == cast.MODEL
        assert found.closing_balance_nanos == dora.wallet().balance_nanos == 4 * OUTPUT_TOKEN
        assert found.closing_owed_nanos == 0

    def test_shows_nothing_of_a_stranger(self, models):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie")
        use(alice, 10, timezone.now())

        assert statement(charlie).lines == ()
        assert statement(charlie).closing_balance_nanos == 0

    @pytest.mark.parametrize("seed", range(4))
    def test_adds_up_whatever_happened(self, models, seed):
        chance = random.Random(seed)
        alice, moments = _random_history(chance)
        whole = statement(alice)

        wallet = alice.wallet()
        assert (whole.closing_balance_nanos, whole.closing_owed_nanos) == (
            wallet.balance_nanos,
            wallet.debt_nanos,
        )
        used = [line for line in whole.lines if line.kind in ("usage", "correction")]
        assert (
            sum(line.out_nanos - line.in_nanos for line in used)
            == Charge.objects.aggregate(all=Sum("amount_nanos"))["all"]
        )
        assert sum(line.requests or 0 for line in used) == Charge.objects.count()
        assert Charge.objects.exclude(corrects=None).count() > 2
        assert all(line.balance_after_nanos >= 0 for line in whole.lines)

        cuts = sorted([EVER["since"], *chance.sample(moments, 4), EVER["until"]])
        parts = [statement(alice, since=a, until=b) for a, b in pairwise(cuts)]
        for before, after in pairwise(parts):
            assert after.opening_balance_nanos == before.closing_balance_nanos
            assert after.opening_owed_nanos == before.closing_owed_nanos
        moved = [line.in_nanos - line.out_nanos for part in parts for line in part.lines]
        assert sum(moved) == wallet.balance_nanos


def _random_history(chance: random.Random) -> tuple[cast.Player, list[datetime]]:
    """A fortnight of a customer's life; the holds that were placed may be kept, overrun or forgotten."""
    alice = cast.player("Alice")
    author = alice.customer.members.get().id
    now = timezone.now() - timedelta(days=14)
    moments: list[datetime] = []
    estimated: list[UUID] = []
    for step in range(30):
        now += timedelta(minutes=chance.randrange(1, 480))
        moments.append(now)
        wallet = alice.wallet()
        deed = chance.choice(["grant", "adjust", "expire", *["correct"] * 3, *["use"] * 6])
        if deed == "grant":
            days = chance.choice([None, 1, 3])
            expires_at = now + timedelta(days=days) if days else None
            grant(alice, chance.randrange(1, 4000) * OUTPUT_TOKEN + step, now, expires_at=expires_at)
        elif deed == "adjust" and wallet.available_nanos > 1:
            credits.adjust(
                customer_id=alice.id,
                amount_nanos=chance.choice([1, -1]) * chance.randrange(1, wallet.available_nanos),
                reason="by hand",
                author_id=author,
                effect_key=f"a:{step}",
                now=now,
            )
        elif deed == "correct" and estimated:
            correct(alice, estimated.pop(chance.randrange(len(estimated))), chance.randrange(400), now)
        elif deed == "expire":
            end.expire(now=now)
            lots.expire(now=now)
        elif deed == "use":
            fits = wallet.cut_off_at is None and wallet.available_nanos >= 100 * OUTPUT_TOKEN
            model = chance.choice([cast.MODEL, "other-model"])
            bound = 100 if fits and chance.random() < 0.8 else None
            request_id = use(
                alice, chance.randrange(1, 400), now, bound=bound, model=model, known="estimated"
            )
            if model == cast.MODEL:
                estimated.append(request_id)
    return alice, moments
