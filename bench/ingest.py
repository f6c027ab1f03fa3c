"""Usage over HTTP, 500 events a call, against the INSERT of the same 500 rows alone."""

import json
import sys
import time
from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from bench import load, people, rows, servers, settlers, twins, work
from bench.rows import Pair, Row
from bench.work import Held
from billing import sql
from usage.services import inbox
from usage.services.reports import Identified, Report, Reporter

ROUNDS = 3
CALLS = 40
EVENTS = 500
KEYS = "select customer_id, id from api_key where customer_id = any(%s::uuid[])"
BARE = inbox.INSERT.replace("insert into usage_event", "insert into bare_usage_event")


def main() -> None:
    sys.stdout.write(rows.as_json(measure(CALLS)))


def measure(calls: int) -> list[Row]:
    twins.make("usage_event")
    token = people.service_token()
    pairs = []
    with servers.web() as url:
        _over_http(url, _dealt(4), token)
        work.analyze()
        for _ in range(ROUNDS):
            batches = _dealt(calls)
            pairs.append(Pair(_bare(batches), _over_http(url, batches, token)))
    with settlers.waiting(1) as team:
        team.drain(1, EVENTS * (4 + calls * ROUNDS))
    return [rows.at_least("ingest over HTTP / bare INSERT", pairs, 0.6, "events/s")]


def _dealt(calls: int) -> list[list[Held]]:
    holds = work.place(calls * EVENTS)
    return [holds[start : start + EVENTS] for start in range(0, len(holds), EVENTS)]


def _over_http(url: str, batches: Sequence[Sequence[Held]], token: str) -> float:
    requests = [
        load.post(
            "/internal/v1/usage", json.dumps({"events": [_event(held) for held in batch]}).encode(), token
        )
        for batch in batches
    ]
    answers, calls = load.send(url, requests, connections=1)
    for answer in answers:
        results = json.loads(answer.body)["results"]
        assert all(result["result"] == "accepted" for result in results), results[0]
    return calls * EVENTS


def _bare(batches: Sequence[Sequence[Held]]) -> float:
    """Events per second of the inbox's own statement with parameters made ready, one batch a transaction."""
    now = timezone.now()
    reporter = Reporter(work.gateway_id(), may_be_unheld=False)
    customers = list({held.customer_id for batch in batches for held in batch})
    keys = dict(sql.fetch_tuples(KEYS, [customers]))
    ready = [inbox.parameters(_identified(batch, keys), reporter, now=now) for batch in batches]
    started = time.monotonic()
    for parameters in ready:
        assert len(sql.fetch_tuples(BARE, parameters)) == EVENTS
    return len(ready) * EVENTS / (time.monotonic() - started)


def _event(held: Held) -> dict[str, object]:
    return {
        "request_id": str(held.request_id),
        "key_digest": held.digest.hex(),
        "model": work.MODEL,
        "meters": {"input": 374, "output": 44},
        "outcome": "completed",
        "evidence": "reported",
    }


def _identified(batch: Sequence[Held], keys: dict[UUID, UUID]) -> list[Identified]:
    model_id = work.sheet().model_id
    return [
        Identified(_report(held), held.digest, held.customer_id, keys[held.customer_id], model_id)
        for held in batch
    ]


def _report(held: Held) -> Report:
    return Report(
        request_id=held.request_id,
        key_digest=held.digest,
        model=work.MODEL,
        counts=(374, 44, None, None, None, None),
        outcome="completed",
        evidence="reported",
        reported_cost_nanos=None,
        upstream_request_id=None,
        first_byte_ms=None,
        duration_ms=None,
        payload={},
    )
