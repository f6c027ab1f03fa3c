"""The API's door: keys, form encoding, idempotency, and errors in Stripe's shape."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.ground.ids import new_id
from sandbox.ground.journal import Record
from sandbox.stripe import forms, idempotency
from sandbox.stripe.account import Account, Caller
from sandbox.stripe.errors import ApiError, Invalid
from sandbox.stripe.expansion import render
from sandbox.stripe.parameters import EXPAND, Kind, Shape


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its parameters read; `path` are the ids in its address."""

    parameters: Record
    path: dict[str, str]
    base_url: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`handle` makes the object or list that is answered; every endpoint takes `expand`."""

    method: str
    path: str
    handle: Callable[[Account, Call], Record]
    fields: dict[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def read(self, parameters: Record) -> Record:
        return Shape({"expand": EXPAND, **self.fields}, self.required).read(parameters, "")


def add_endpoint(app: web.Application, account: Account, endpoint: Endpoint) -> None:
    async def serve(request: web.Request) -> web.Response:
        text = await request.text() if endpoint.method == "POST" else request.rel_url.raw_query_string
        parameters = forms.parse(text)
        key = request.headers.get("Idempotency-Key") if endpoint.method == "POST" else None
        if key and (kept := idempotency.find_answer(account, key, request.path, parameters)):
            return answer(kept["status"], kept["body"], {"Idempotent-Replayed": "true"})
        read = endpoint.read(parameters)
        expand = read.pop("expand", [])
        account.caller = Caller(request["request_id"], key)
        base_url = f"{request.scheme}://{request.host}"
        try:
            made = endpoint.handle(account, Call(read, dict(request.match_info), base_url))
            status, body = 200, json.dumps(render(account, made, expand), indent=2)
        except ApiError as error:
            status, body = error.status, error_body(error)
        finally:
            account.caller = Caller()
        if key:
            idempotency.keep_answer(
                account, key, path=request.path, parameters=parameters, status=status, body=body
            )
        return answer(status, body, {})

    app.router.add_route(endpoint.method, endpoint.path, serve)


def answer(status: int, body: str, headers: dict[str, str]) -> web.Response:
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)


def error_body(error: ApiError) -> str:
    return json.dumps({"error": error.fields}, indent=2)


def door(account: Account) -> Middleware:
    """Outermost: check the key, name the request, and turn errors into answers."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1/"):
            return await handler(request)
        request["request_id"] = new_id("req_", 14)
        account.api_version = request.headers.get("Stripe-Version", account.api_version)
        try:
            check_key(account, request.headers.get("Authorization", ""))
            response = await handler(request)
        except ApiError as error:
            response = answer(error.status, error_body(error), {})
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            unknown = Invalid(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
            response = answer(404, error_body(unknown), {})
        response.headers["Request-Id"] = request["request_id"]
        response.headers["Stripe-Version"] = account.api_version
        if key := request.headers.get("Idempotency-Key"):
            response.headers["Idempotency-Key"] = key
        return response

    return middleware


def check_key(account: Account, header: str) -> None:
    scheme, _, key = header.partition(" ")
    if scheme != "Bearer" or not key:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header."
        )
        raise Invalid(message, status=401)
    if key != account.api_key:
        raise Invalid(f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}", status=401)


def one_at_a_time() -> Middleware:
    """Refuse a second call under a key while the first one waits for its answer."""
    busy: set[str] = set()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or not key:
            return await handler(request)
        if key in busy:
            raise idempotency.in_use(key)
        busy.add(key)
        try:
            return await handler(request)
        finally:
            busy.discard(key)

    return middleware


def found(kind: str) -> Callable[[Account, Call], Record]:
    """An endpoint that answers with the object named in its address."""

    def handle(account: Account, call: Call) -> Record:
        return account.get(kind, call.path["id"])

    return handle


def matching(records: list[Record], parameters: Record, *names: str) -> list[Record]:
    """The records whose fields equal the parameters of these names, where those are given."""
    wanted: dict[str, Any] = {name: parameters[name] for name in names if name in parameters}
    return [one for one in records if all(one.get(name) == value for name, value in wanted.items())]
