"""The payment drill in short, and that it would see what is wrong."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from billing.models import LedgerAccount
from tests.drills.payments import compare, model
from tests.drills.payments.said import Quarrel, Said
from tests.drills.payments.stored import Stored
from tests.drills.payments.terms import Order, Person, Tale

ROOT = Path(__file__).resolve().parents[2]
HISTORIES, SEED = 12, 5
ENDS_WITHIN_S = 600
USD = 10**9
ORDER = Order(UUID(int=1), "stripe", "checkout", 2000, 7_200_000, 100_000)
REFUNDED = Said("paid", refunds={"re_1": 500}, refund_tries_minor=500, booked_minor=1500)


class TestDrill:
    @pytest.mark.slow
    def test_ends_with_the_books_that_the_providers_have(self):
        command = [sys.executable, "-m", "tests.drills.payments", "--json"]
        command += ["--histories", str(HISTORIES), "--seed", str(SEED)]

        drill = subprocess.run(  # noqa: S603
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=ENDS_WITHIN_S
        )

        assert drill.returncode == 0, drill.stderr
        report = json.loads(drill.stdout.splitlines()[-1])
        assert (report["histories"], report["violations"], report["seed"]) == (HISTORIES, 0, SEED)
        assert report["credited_nanos"] > 0


def expect(said: Said, *, spent: int = 0) -> model.Expected:
    tale = Tale(1, Person(UUID(int=2), {}), orders=[ORDER], spent_nanos=spent)
    return model.expect(tale, {ORDER.reference: said})


class TestModel:
    def test_lets_bonus_lapse_with_what_went_back(self):
        assert expect(REFUNDED).net_nanos == (16_500_000_000, 16_500_000_000)

    def test_leaves_open_what_depends_on_when_bonus_was_spent(self):
        assert expect(REFUNDED, spent=USD).net_nanos == (14 * USD, 16 * USD)

    @pytest.mark.parametrize(
        ("quarrel", "is_frozen"),
        [
            (Quarrel("needs_response", 0, False, 0), True),
            (Quarrel("lost", 2000, False, 2000), True),
            (Quarrel("won", 0, True, 2000), False),
            (Quarrel("warning_closed", 0, False, 0), False),
            (Quarrel("lost", 0, True, 2000), None),
        ],
    )
    def test_knows_who_is_frozen(self, quarrel: Quarrel, is_frozen: bool | None):
        assert expect(Said("paid", quarrels=[quarrel], booked_minor=2000)).is_frozen is is_frozen

    def test_knows_of_no_order_that_no_provider_knows_of(self):
        tale = Tale(1, Person(UUID(int=2), {}), orders=[ORDER])
        assert model.expect(tale, {}).top_ups[ORDER.reference].state == "expired"


def right() -> Stored:
    """What is stored where $5 of $20 went back."""
    wallet = SimpleNamespace(
        balance_nanos=16_500_000_000,
        debt_nanos=0,
        held_nanos=0,
        lots_nanos=16_500_000_000,
        is_frozen=False,
    )
    top_up = SimpleNamespace(
        id=ORDER.top_up_id,
        provider="stripe",
        state="paid",
        credit_nanos=20 * USD,
        refunded_minor=500,
        disputed_minor=0,
        is_suspected=False,
    )
    refund = SimpleNamespace(
        top_up_id=ORDER.top_up_id, state="succeeded", amount_minor=500, provider_refund_id="re_1"
    )
    stored = Stored(wallet, [top_up], [refund], {LedgerAccount.CLEARING_STRIPE.value: 15 * USD})
    stored.posted["top_up"] = 1
    return stored


class TestDifferences:
    def test_are_none_where_all_is_right(self):
        assert list(compare.differences(expect(REFUNDED), right())) == []

    def test_are_seen_in_everything(self):
        wrong = [right() for _ in range(10)]
        wrong[0].wallet.balance_nanos += 1
        wrong[1].wallet.is_frozen = True
        wrong[2].top_ups[0].state = "open"
        wrong[3].top_ups[0].refunded_minor = 1000
        wrong[4].refunds[0].provider_refund_id = "re_2"
        wrong[5].refunds.append(SimpleNamespace(**vars(wrong[5].refunds[0]) | {"state": "requested"}))
        wrong[6].posted["top_up"] = 2
        wrong[7].house[LedgerAccount.CLEARING_STRIPE.value] += 1
        wrong[8].alerts.append(("refund_differs", ""))
        wrong[9].top_ups[0].is_suspected = True

        assert [bool(list(compare.differences(expect(REFUNDED), one))) for one in wrong] == [True] * 10

    def test_are_seen_in_an_order_that_nobody_was_told_of(self):
        stored = right()
        stored.top_ups.append(SimpleNamespace(id=UUID(int=9), provider="stripe", state="paid"))

        assert any("nobody was told" in each for each in compare.differences(expect(REFUNDED), stored))

    def test_count_a_dispute_as_gone(self):
        taken = replace(REFUNDED, quarrels=[Quarrel("lost", 1500, False, 1500)], booked_minor=0)

        assert list(compare.differences(expect(taken), right()))
