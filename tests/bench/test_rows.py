"""Ratios, their targets, and the two ways in which they are printed."""

import json

from bench import rows
from bench.rows import Pair

PAIRS = [Pair(100, 10), Pair(100, 90), Pair(200, 100)]


class TestAtLeast:
    def test_takes_the_median_of_the_ratios(self):
        row = rows.at_least("settle", PAIRS, 0.5, "events/s")

        assert (row.value, row.floor, row.measured, row.ok) == (0.5, 100, 90, True)

    def test_is_missed_below_the_target(self):
        assert not rows.at_least("settle", PAIRS, 0.51, "events/s").ok


class TestAtMost:
    def test_is_missed_above_the_target(self):
        assert rows.at_most("look up", PAIRS, 0.5, "ms").ok
        assert not rows.at_most("look up", PAIRS, 0.49, "ms").ok

    def test_without_a_target_is_shown_only(self):
        assert rows.at_most("look up", PAIRS, None, "ms").ok


class TestJson:
    def test_names_all_of_a_row(self):
        row = rows.at_least("settle", PAIRS, 0.5, "events/s")

        text = rows.as_json([row])

        names = {"name", "value", "target", "ok", "floor", "measured", "unit"}
        assert set(json.loads(text)["rows"][0]) == names
        assert rows.from_json(text) == [row]


class TestTable:
    def test_marks_what_is_missed(self):
        reached = rows.at_least("settle", PAIRS, 0.5, "events/s")
        missed = rows.at_least("ingest", PAIRS, 0.6, "events/s")

        _, first, second = rows.table([reached, missed]).splitlines()

        assert first.startswith("ok")
        assert second.startswith("MISSED")
