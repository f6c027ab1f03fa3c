"""The kill drill in short, and that it would see what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drills.kills import books, orders, targets
from tests.drills.kills.orders import Order, Story
from tests.drills.kills.records import Request

ROOT = Path(__file__).resolve().parents[2]
KILLS, SEED = 8, 5
ENDS_WITHIN_S = 600


class TestKills:
    @pytest.mark.slow
    def test_lose_double_and_invent_nothing(self):
        command = [sys.executable, "-m", "tests.drills.kills", "--json"]
        command += ["--kills", str(KILLS), "--seed", str(SEED), "--customers", "4"]

        drill = subprocess.run(  # noqa: S603
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=ENDS_WITHIN_S
        )

        assert drill.returncode == 0, drill.stderr
        report = json.loads(drill.stdout.splitlines()[-1])
        assert report["kills"] == KILLS
        assert report["charged_nanos"] == report["expected_nanos"] > 0
        assert (report["violations"], report["open_holds_past_expiry"]) == (0, 0)


class TestDeal:
    def test_is_the_same_for_the_same_seed(self):
        assert targets.deal(1, 50) == targets.deal(1, 50) != targets.deal(2, 50)

    def test_has_every_target_in_each_deck(self):
        assert set(targets.deal(1, sum(targets.DECK.values()))) == set(targets.DECK)


class TestOrder:
    def test_is_the_same_for_the_same_seed(self):
        assert orders.order(1, 7, customers=4) == orders.order(1, 7, customers=4)

    @pytest.mark.parametrize(
        ("meters", "nanos"),
        [
            ({"input": 374, "output": 44}, 629_046),
            ({"input": 1, "cache_read": 5}, 1_588),
            ({"input": 0, "cache_read": 15}, 1_588),
            ({"cache_write_5m": 1, "cache_write_1h": 2}, 5_560),
            ({"output": 1, "web_search": 2}, 7_065_295),
        ],
    )
    def test_costs_what_the_published_formula_says(self, meters, nanos):
        assert orders.cost_nanos(meters) == nanos


class TestCompareCharges:
    @pytest.mark.parametrize(
        ("charged", "difference"),
        [
            ({}, "a: acknowledged and not charged"),
            ({"a": 5, "b": 1}, "b: charged and never reported"),
            ({"a": 6}, "a: charged 6, expected 5"),
        ],
    )
    def test_finds_what_is_lost_invented_or_wrong(self, charged, difference):
        assert books.of_charges(charged, {"a": 5}) == [difference]

    def test_finds_nothing_where_they_agree(self):
        assert books.of_charges({"a": 5}, {"a": 5}) == []


class TestCompareHold:
    @pytest.mark.parametrize(
        ("stored", "difference"),
        [
            (None, "acknowledged and not stored"),
            (("open", 7), "is open, expected settled"),
            (("settled", 8), "8 nanos, acknowledged 7"),
        ],
    )
    def test_finds_what_is_lost_or_wrong(self, stored, difference):
        [found] = books.of_hold(_request(), stored)

        assert found == f"hold of a (used): {difference}"

    def test_finds_nothing_where_they_agree(self):
        assert books.of_hold(_request(), ("settled", 7)) == []


def _request() -> Request:
    order = Order(customer=0, story=Story.USED, bounds={}, meters={}, is_contradicted=False)
    return Request("a", order, ends_as=frozenset({"settled"}), held_nanos=7)
