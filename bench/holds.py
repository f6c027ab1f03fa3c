"""Holds over HTTP against a bare view, 16 connections each, over all customers."""

import json
import sys
from collections.abc import Sequence

from uuid_utils import uuid7

from bench import load, people, rows, servers, twins, work
from bench.load import Answer
from bench.rows import Pair, Row
from billing import sql

ROUNDS = 3
REQUESTS = 3_000
CONNECTIONS = 16
SOME = """
    select api_key.customer_id, api_key.digest
      from api_key join wallet on wallet.customer_id = api_key.customer_id
     order by random()
     limit %s
"""


def main() -> None:
    sys.stdout.write(rows.as_json(measure(REQUESTS)))


def measure(requests: int) -> list[Row]:
    twins.make_partitioned("hold")
    twins.make("wallet", with_rows=True)
    token = people.service_token()
    work.analyze()
    rates, floors, ours = [], [], []
    with servers.web() as url, servers.bare() as bare_url:
        _send(url, _holds(200, token))
        _send(bare_url, _bare(200))
        for _ in range(ROUNDS):
            bare_answers, floor = _send(bare_url, _bare(requests))
            answers, measured = _send(url, _holds(requests, token))
            rates.append(Pair(floor, measured))
            floors += bare_answers
            ours += answers
    return [
        rows.at_least("hold over HTTP / bare view", rates, 0.6, "holds/s"),
        *(rows.at_most(f"hold p{p} / bare view", [_latency(floors, ours, p)], None, "ms") for p in (50, 99)),
    ]


def _latency(floors: Sequence[Answer], ours: Sequence[Answer], percent: float) -> Pair:
    floor, measured = (
        load.percentile((a.took_s * 1000 for a in answers), percent) for answers in (floors, ours)
    )
    return Pair(floor, measured)


def _send(url: str, requests: list[bytes]) -> tuple[list[Answer], float]:
    answers, rate = load.send(url, requests, connections=CONNECTIONS)
    wrong = next((answer for answer in answers if answer.status != 201), None)
    assert wrong is None, wrong
    return answers, rate


def _holds(count: int, token: str) -> list[bytes]:
    bounds = {"input": work.BOUNDS.input, "output": work.BOUNDS.output}
    bodies = (
        {"request_id": str(uuid7()), "key_digest": bytes(digest).hex(), "model": work.MODEL, "bounds": bounds}
        for _, digest in sql.fetch_tuples(SOME, [count])
    )
    return [load.post("/internal/v1/holds", json.dumps(body).encode(), token) for body in bodies]


def _bare(count: int) -> list[bytes]:
    bodies = (
        {"request_id": str(uuid7()), "customer_id": str(customer_id), "amount": 3_240_540}
        for customer_id, _ in sql.fetch_tuples(SOME, [count])
    )
    return [load.post("/", json.dumps(body).encode()) for body in bodies]
