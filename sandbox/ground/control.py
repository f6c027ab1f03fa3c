"""The control API under `/_control`: what tests and the demo steer a stand-in with."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.ground.faults import BadFault
from sandbox.ground.ground import Ground

Answer = dict[str, Any]
Act = Callable[[Answer], Answer]


class BadControl(Exception):
    """A control call that cannot be followed; answered with 400 and its words."""


def add_control(app: web.Application, ground: Ground, acts: dict[str, Act]) -> None:
    """Serve the control API; `acts` are what a person or a bank does: `POST /_control/act/{name}`."""

    def on(path: str, act: Act) -> None:
        app.router.add_post(f"/_control/{path}", json_handler(act))

    on("reset", lambda _: reset(ground))
    on("seed", lambda body: seed(ground, body))
    on("faults", lambda body: set_faults(ground, body))
    on("clock", lambda body: set_clock(ground, body))
    on("answer", lambda body: set_answer(ground, body))
    on("pause", lambda _: pause(ground, paused=True))
    on("resume", lambda _: pause(ground, paused=False))
    for name, act in acts.items():
        on(f"act/{name}", act)

    async def flush(_: web.Request) -> web.Response:
        return web.json_response(await ground.messages.flush())

    async def state(_: web.Request) -> web.Response:
        return web.json_response(describe(ground))

    async def objects(request: web.Request) -> web.Response:
        return web.json_response({"data": ground.store.all(request.match_info["kind"])})

    async def messages(_: web.Request) -> web.Response:
        return web.json_response({"data": [asdict(message) for message in ground.messages.history]})

    app.router.add_post("/_control/flush", flush)
    app.router.add_get("/_control/state", state)
    app.router.add_get("/_control/objects/{kind}", objects)
    app.router.add_get("/_control/messages", messages)


def json_handler(act: Act) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(act(read_body(await request.text())))
        except KeyError as missing:
            return web.json_response({"error": f"{missing.args[0]} is missing or unknown"}, status=400)
        except (BadControl, BadFault, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


def read_body(text: str) -> Answer:
    body = json.loads(text or "{}")
    if not isinstance(body, dict):
        raise BadControl("the body must be a JSON object")
    return body


def describe(ground: Ground) -> Answer:
    return {
        "now": ground.clock.now().isoformat(),
        "offset_s": ground.clock.offset.total_seconds(),
        "answer_ms": ground.answer_ms,
        "paused": ground.messages.paused,
        "faults": asdict(ground.messages.faults),
        "pending": len(ground.messages.pending),
        "kinds": {kind: len(objects) for kind, objects in ground.store.kinds.items()},
    }


def reset(ground: Ground) -> Answer:
    ground.reset()
    return describe(ground)


def seed(ground: Ground, body: Answer) -> Answer:
    ground.seed(int(body["seed"]))
    return describe(ground)


def set_faults(ground: Ground, body: Answer) -> Answer:
    ground.messages.faults = ground.messages.faults.changed(body)
    return describe(ground)


def set_clock(ground: Ground, body: Answer) -> Answer:
    """`offset_s` sets the clock's distance from the machine's, `advance_s` moves it on."""
    if "offset_s" in body:
        ground.clock.set_offset(float(body["offset_s"]))
    ground.clock.advance(float(body.get("advance_s", 0)))
    ground.messages.changed.set()
    return describe(ground)


def set_answer(ground: Ground, body: Answer) -> Answer:
    ground.answer_ms = int(body["ms"])
    return describe(ground)


def pause(ground: Ground, *, paused: bool) -> Answer:
    ground.messages.paused = paused
    ground.messages.changed.set()
    return describe(ground)
