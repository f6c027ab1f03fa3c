"""A story of one customer, told with a running service: credit, traffic, cut-off, credit again."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from asgiref.sync import sync_to_async
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing import valkey, wake
from billing.money import format_usd
from usage.audit import run as audit
from usage.replay import cast, client, run, totals
from usage.replay.cast import Person
from usage.replay.client import Answer, Client, Say
from usage.replay.errors import Refused
from usage.replay.traffic import HOLDS, USAGE

MODEL = "claude-sonnet-4-6"
FIRST_CREDIT_NANOS = 20_000_000
SECOND_CREDIT_NANOS = 5_000_000_000
QUESTION_TOKENS, MOST_ANSWER_TOKENS, SHORTEST_ANSWER_TOKENS = 374, 512, 16
WAITS_AT_MOST_S = 60
ASK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Scene:
    """What a chapter of the story needs."""

    dora: Person
    service: Client
    say: Say


def tell(url: str, say: Say) -> int:
    """Tell the story with the service at `url` and return how many invariants are violated at its end."""
    run.model_for_sale(MODEL)
    [dora] = cast.sign_up(["Dora"], credit_nanos=0)
    with cast.service_token() as token:
        asyncio.run(_play(url, token, dora, say))

    found = totals.of([dora.customer_id])
    say(f"Dora was given ${format_usd(found.granted_nanos)}: ${format_usd(found.charged_nanos)} went into")
    left, owed = format_usd(found.balance_nanos), format_usd(found.debt_nanos)
    say(f"{found.settled} requests, ${left} is left, and ${owed} is owed.")
    findings = audit.audit(now=timezone.now())
    broken = audit.violations(findings)
    say(f"The audit checked {len(findings)} invariants of the books: {broken or 'no'} violations.")
    return broken


async def _play(url: str, token: str, dora: Person, say: Say) -> None:
    try:
        async with client.connect(url, token, connections=2, say=say) as service:
            scene = Scene(dora, service, say)
            say(f"Dora signs up. She has a key and no credit: her key is {await _state(scene)}.")
            await _fund(scene, FIRST_CREDIT_NANOS)
            await _run_dry(scene)
            await _fund(scene, SECOND_CREDIT_NANOS)
            answer = await _request(scene)
            say(f"She asks again: HTTP {answer.status}. Keys work the moment credit is there.")
    except aiohttp.InvalidURL as error:
        raise Refused(f"{url} is no address") from error


async def _fund(scene: Scene, nanos: int) -> None:
    started = time.monotonic()
    await sync_to_async(cast.give)(
        scene.dora, nanos, reason="credit of the demo", effect=f"grant:demo:{uuid7()}"
    )
    await sync_to_async(wake.wake)("billing.tasks.publish_key_states")
    await _published(scene, "active")
    waited_ms = int((time.monotonic() - started) * 1000)
    scene.say(f"She gets ${format_usd(nanos)}. {waited_ms} ms later every gateway knows: her key is active.")


async def _run_dry(scene: Scene) -> None:
    """Send request after request, each answered as long as its hold allows, until one is refused."""
    scene.say(
        "Before each request the gateway sets its highest price aside; afterwards it reports what was used."
    )
    answered = 0
    while (answer := await _request(scene)).status == 201:
        answered += 1
        if answered == 1:
            scene.say(
                f"The first one held ${answer.body['amount']} and left ${answer.body['available']} free."
            )
        if answer.body["max_output"] < MOST_ANSWER_TOKENS:
            scene.say(
                f"Number {answered} finds too little credit for {MOST_ANSWER_TOKENS} tokens. It is not "
                f"refused, but clamped to the {answer.body['max_output']} that she can still pay."
            )
    scene.say(f"Number {answered + 1}: HTTP {answer.status} {answer.body['code']}. {answer.body['detail']}")
    await _published(scene, "cut_off")
    scene.say("Gateways know that too: in Valkey her key is cut_off. She is not one nano below zero.")


async def _request(scene: Scene) -> Answer:
    """One request: hold, answer of full length, usage, and its charge."""
    request_id = str(uuid7())
    common = {"request_id": request_id, "key_digest": scene.dora.key_digest, "model": MODEL}
    bounds = {"input": QUESTION_TOKENS, "output": MOST_ANSWER_TOKENS}
    clamp = {"min_output": SHORTEST_ANSWER_TOKENS}
    held = await scene.service.post(HOLDS, common | {"bounds": bounds, "clamp": clamp})
    if held.status == 201:
        meters = {"input": QUESTION_TOKENS, "output": held.body["max_output"]}
        event = common | {"meters": meters, "outcome": "completed", "evidence": "reported"}
        await scene.service.post(USAGE, {"events": [event]})
        await _until(lambda: _is_charged(scene, request_id), "the charge")
    return held


async def _is_charged(scene: Scene, request_id: str) -> bool:
    answer = await scene.service.get(f"/internal/v1/requests/{request_id}")
    return bool(answer.body.get("charge"))


async def _published(scene: Scene, state: str) -> None:
    async def is_published() -> bool:
        return await sync_to_async(_cached_state)(scene.dora) == state

    await _until(is_published, f"the key to be {state}")


async def _state(scene: Scene) -> Any:
    return (await scene.service.get(f"/internal/v1/keys/{scene.dora.key_digest}")).body["state"]


def _cached_state(person: Person) -> str | None:
    cached = valkey.client().get(valkey.key_state(person.key_digest))
    return json.loads(cached)["state"] if isinstance(cached, bytes | str) else None


async def _until(is_true: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + WAITS_AT_MOST_S
    while not await is_true():
        if time.monotonic() > deadline:
            raise Refused(f"waited {WAITS_AT_MOST_S} seconds for {what}")
        await asyncio.sleep(ASK_EVERY_S)
