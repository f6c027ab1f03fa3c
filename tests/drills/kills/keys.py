"""Key states as gateways learn them: followed over the long poll, cached in Valkey, asked for one by one."""

import asyncio
import json
from typing import Any

import psycopg
import redis

from tests.drills.kills.records import Records
from tests.drills.kills.world import World
from usage.replay.client import Client

EVENTS = "/internal/v1/key-events"
WAIT_S = 5

State = dict[str, Any]

UNPUBLISHED = """
    select (select count(*) from outbox) + (select count(*) from key_event where cached_at is null),
           (select coalesce(max(position), 0) from key_event)
"""
PUBLISHED = """
    select position, encode(key_digest, 'hex'), state, extract(epoch from cached_at)::float8
      from key_event order by position
"""


class Follower:
    """A gateway that has seen every key event since the beginning."""

    def __init__(self, service: Client, records: Records) -> None:
        self._service = service
        self._records = records
        self.position = 0
        self.states: dict[str, State] = {}

    async def follow(self) -> None:
        """Read on until cancelled."""
        while True:
            answer = await self._service.get(f"{EVENTS}?after={self.position}&wait_s={WAIT_S}")
            if answer.status != 200:
                self._records.surprises.append(f"key-events: HTTP {answer.status} {dict(answer.body)}")
                await asyncio.sleep(1)
                continue
            for event in answer.body["events"]:
                self._apply(dict(event))

    def _apply(self, event: State) -> None:
        position = event.pop("position")
        if position != self.position + 1:
            self._records.surprises.append(f"key-events: position {position} follows {self.position}")
        self.position = position
        known = self.states.get(event["key_digest"])
        if known is None or event["state_version"] > known["state_version"]:
            self.states[event["key_digest"]] = event


def all_published(world: World, follower: Follower) -> bool:
    """Whether no key state waits, and the follower has them all; False where the database does not answer."""
    try:
        return world.ask(UNPUBLISHED) == [(0, follower.position)]
    except psycopg.OperationalError:
        return False


async def compare(world: World, service: Client, follower: Follower, *, flushed_at: float) -> list[str]:
    """Every difference between what keys may do and what was published of them.

    `flushed_at`: when Valkey was flushed last, in seconds since 1970. A state that was cached before may be
    missing there: a reader that finds no entry asks.
    """
    published = await asyncio.to_thread(world.ask, PUBLISHED)
    found = _gaps([row[0] for row in published])
    newest = {digest: (state, cached_at) for _, digest, state, cached_at in published}
    for person in world.people:
        answer = await service.get(f"/internal/v1/keys/{person.key_digest}")
        computed = dict(answer.body)
        state, cached_at = newest.get(person.key_digest, (None, 0.0))
        seen = {"key_event": state, "key-events": follower.states.get(person.key_digest)}
        cached = await asyncio.to_thread(_cached, world, person.key_digest)
        if cached is not None or (cached_at or 0.0) > flushed_at:
            seen["valkey"] = cached
        found += [
            f"key of {person.email}: {where} says {_brief(other)}, computed {_brief(computed)}"
            for where, other in seen.items()
            if _brief(other) != _brief(computed)
        ]
    return found


def _gaps(positions: list[int]) -> list[str]:
    return [] if positions == list(range(1, len(positions) + 1)) else ["key_event has gaps in its positions"]


def _cached(world: World, digest: str) -> State | None:
    with redis.Redis.from_url(world.engines.redis_url) as client:
        entry = client.get(f"key:{digest}")
    return json.loads(entry) if isinstance(entry, bytes) else None


def _brief(state: State | None) -> tuple[str, int] | None:
    return (state["state"], state["state_version"]) if state else None
