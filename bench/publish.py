"""From usage that empties a wallet to a refused hold and a published key state, under a steady stream."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from uuid_utils import uuid7

from bench import load, people, rows, servers, work
from bench.load import Answer, Connection
from bench.rows import Pair, Row
from bench.work import Held
from billing import sql

EVENTS_PER_SECOND = 5_000
SECONDS = 20
EVENTS = 500
PROBES_PER_SECOND = 10
CONNECTIONS = 4
# One request takes such a wallet below what cuts it off.
POOR_NANOS = 4_000_000
LIMIT_S = 0.5
DRAINED_WITHIN_S = 120
USAGE, HOLDS, KEY_EVENTS = "/internal/v1/usage", "/internal/v1/holds", "/internal/v1/key-events"
WAITING = "select (select count(*) from usage_event) + (select count(*) from outbox) as rows"


def main() -> None:
    sys.stdout.write(rows.as_json(measure(EVENTS_PER_SECOND, SECONDS)))


@dataclass(slots=True)
class Gateway:
    """What a gateway sends every so often, what it is answered, and each probe's seconds."""

    url: str
    token: str
    stream: Sequence[bytes]
    every_s: float
    calls: list[Answer] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cut_off: dict[str, asyncio.Event] = field(default_factory=dict)


def measure(events_per_second: int, seconds: int) -> list[Row]:
    poor = people.sign_up(PROBES_PER_SECOND * seconds, credit_nanos=POOR_NANOS)
    running = work.place(events_per_second * seconds)
    running_out = [work.place(1, only=customer_id, rich=0)[0] for customer_id in poor]
    work.analyze()

    token = people.service_token()
    calls = [running[start : start + EVENTS] for start in range(0, len(running), EVENTS)]
    stream = [_usage(call, token) for call in calls]
    with servers.everything() as (url, key_events_url):
        gateway = Gateway(url, token, stream, every_s=EVENTS / events_per_second)
        asyncio.run(_run(gateway, key_events_url, running_out))
        backlog = sql.fetch(WAITING)[0].rows
        _wait_until_drained()
    return _rows(gateway, events_per_second, len(running), backlog)


def _rows(gateway: Gateway, offered: int, events: int, backlog: int) -> list[Row]:
    first = min(answer.sent_at for answer in gateway.calls)
    last = max(answer.answered_at for answer in gateway.calls)
    reached = round(events / (last - first))
    p50, p99 = (round(load.percentile(gateway.latencies, percent), 3) for percent in (50, 99))
    unit = f"s at {reached} events/s; {backlog} rows waited at the end"
    return [
        rows.at_least("usage accepted / offered", [Pair(offered, reached)], 0.98, "events/s"),
        Row(
            "usage → hold refused, state published: p50",
            p50,
            None,
            ok=True,
            floor=None,
            measured=p50,
            unit=unit,
        ),
        Row("the same: p99", p99, LIMIT_S, ok=p99 < LIMIT_S, floor=None, measured=p99, unit=unit),
    ]


async def _run(gateway: Gateway, key_events_url: str, running_out: Sequence[Held]) -> None:
    gateway.cut_off.update((held.digest.hex(), asyncio.Event()) for held in running_out)
    reader = asyncio.create_task(_read(await load.connect(key_events_url), gateway))
    started = time.monotonic() + 0.5
    tasks = [
        *(_press(gateway, number, started) for number in range(CONNECTIONS)),
        *(_probe(gateway, held, started + n / PROBES_PER_SECOND) for n, held in enumerate(running_out)),
    ]
    await asyncio.gather(*tasks)
    reader.cancel()


async def _press(gateway: Gateway, number: int, started: float) -> None:
    """Send each call at its own moment, however slow the answers before it were, over one connection."""
    connection = await load.connect(gateway.url)
    for position in range(number, len(gateway.stream), CONNECTIONS):
        await asyncio.sleep(max(0, started + position * gateway.every_s - time.monotonic()))
        gateway.calls.append(await connection.ask(gateway.stream[position]))
    assert all(answer.status == 202 for answer in gateway.calls)
    connection.close()


async def _probe(gateway: Gateway, held: Held, at: float) -> None:
    """Report usage that empties the wallet; the clock ends when a hold is refused after the publication."""
    await asyncio.sleep(max(0, at - time.monotonic()))
    connection = await load.connect(gateway.url)
    reported = await connection.ask(_usage([held], gateway.token, output=work.BOUNDS.output))
    assert reported.status == 202
    await gateway.cut_off[held.digest.hex()].wait()
    refused = await connection.ask(_hold(held, gateway.token))
    assert refused.status == 402, refused
    gateway.latencies.append(refused.answered_at - reported.answered_at)
    connection.close()


async def _read(connection: Connection, gateway: Gateway) -> None:
    """Follow the key events as a gateway does."""
    position = json.loads((await connection.ask(load.get(KEY_EVENTS, gateway.token))).body)["position"]
    while True:
        path = f"{KEY_EVENTS}?after={position}&wait_s=10"
        page = json.loads((await connection.ask(load.get(path, gateway.token))).body)
        position = page["position"]
        for event in page["events"]:
            if event["state"] == "cut_off":
                gateway.cut_off[event["key_digest"]].set()


def _usage(holds: Sequence[Held], token: str, *, output: int = 44) -> bytes:
    events = [
        {
            "request_id": str(held.request_id),
            "key_digest": held.digest.hex(),
            "model": work.MODEL,
            "meters": {"input": work.BOUNDS.input, "output": output},
            "outcome": "completed",
            "evidence": "reported",
        }
        for held in holds
    ]
    return load.post(USAGE, json.dumps({"events": events}).encode(), token)


def _hold(held: Held, token: str) -> bytes:
    body = {
        "request_id": str(uuid7()),
        "key_digest": held.digest.hex(),
        "model": work.MODEL,
        "bounds": {"input": 1, "output": 1},
    }
    return load.post(HOLDS, json.dumps(body).encode(), token)


def _wait_until_drained() -> None:
    deadline = time.monotonic() + DRAINED_WITHIN_S
    while sql.fetch(WAITING)[0].rows:
        assert time.monotonic() < deadline, "the stream is not settled"
        time.sleep(0.2)
