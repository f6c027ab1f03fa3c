"""The same work in a young database and in a grown one, in turns."""

from collections.abc import Mapping

from bench import answering, rows
from bench.answering import Worker
from bench.rows import Pair, Row

ROUNDS = 3


def measure(young: Mapping[str, str], grown: Mapping[str, str]) -> list[Row]:
    with answering.started("grower", young) as small, answering.started("grower", grown) as large:
        _pairs("settle", small, large, rounds=1)
        settled = _pairs("settle", small, large)
        found = _pairs("requests", small, large)
        summed = _pairs("totals", small, large)
        stated = _pairs("statements", small, large)
    return [
        rows.at_least("growth: settle", settled, 0.9, "events/s"),
        rows.at_most("growth: requests/{id}", found, 1.2, "ms"),
        rows.at_most("growth: usage totals", summed, 1.2, "ms"),
        rows.at_most("growth: a day's statement", stated, None, "ms"),
    ]


def _pairs(what: str, small: Worker, large: Worker, *, rounds: int = ROUNDS) -> list[Pair]:
    return [Pair(float(small.ask(what)), float(large.ask(what))) for _ in range(rounds)]
