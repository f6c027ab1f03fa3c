"""HTTP requests with a secret in every place where a confused or hostile caller might put one."""

import http.client
import json
import time
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from config.stack.stack import Stack
from tests.alipay_servers import alipay_key
from tests.forgeries import alipay
from tests.forgeries.stripe import BODY, signed
from tests.secrecy.plants import Plants

INTERNAL = "/internal/v1"
LOGIN = "/admin/login/"


class Caller:
    """Sends raw requests to the web process and keeps what it answered."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self.statuses: list[int] = []

    def send(
        self, method: str, target: str, headers: Mapping[str, str] = {}, body: str | None = None
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        connection.request(method, target, body.encode() if body else None, dict(headers))
        response = connection.getresponse()
        response.read()
        connection.close()
        self.statuses.append(response.status)
        return response

    def json(self, target: str, token: str, body: object) -> http.client.HTTPResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.send("POST", f"{INTERNAL}/{target}", headers, text)


def as_gateway(caller: Caller, plants: Plants, token: str, key: str) -> None:
    """Every misuse of the internal API: the raw key where a digest belongs, and worse."""
    hold = {"request_id": key, "key_digest": key, "model": "claude-sonnet-4-6", "bounds": {}}
    caller.json("holds", token, hold)
    caller.json("holds", token, hold | {plants.api_key("unknown field's name"): 1})
    caller.json("holds", token, {"request_id": plants.plain("request id")})
    caller.json("holds", token, {**hold, "model": [plants.api_key("model's type")]})
    caller.json("holds", token, '{"password": "' + plants.plain("broken JSON"))
    caller.json("holds", token, f'{{"a": "{plants.shaped("doubled field", "sk-ant-")}", "a": 1}}')
    caller.json("holds", token, "[" * 5000 + plants.plain("deep JSON"))
    caller.json("holds", token, "\ufeff" + plants.plain("no JSON at all"))
    caller.json(f"holds/{plants.api_key('address of a hold')}/release", token, {"reason": "x"})
    caller.json("usage", token, {"events": [{"key_digest": plants.api_key("event's digest")}]})
    caller.json("usage", token, {"events": plants.shaped("events", "sk_live_")})
    authorized = {"Authorization": f"Bearer {token}"}
    caller.send("GET", f"{INTERNAL}/holds?secret={plants.plain('query of another method')}", authorized)
    caller.send("GET", f"{INTERNAL}/keys/{key}", authorized)
    caller.send("GET", f"{INTERNAL}/keys/{plants.plain('address of a key')}", authorized)
    caller.send("GET", f"{INTERNAL}/requests/{plants.plain('address of a request')}", authorized)
    caller.send("GET", f"{INTERNAL}/prices?api_key={plants.api_key('query')}", authorized)


def as_stranger(caller: Caller, plants: Plants) -> None:
    """Without a valid token: secrets in headers, queries and addresses."""
    for scheme, secret in (
        ("Bearer", plants.api_key("bearer header")),
        ("Bearer", plants.service_token("unknown service token")),
        ("Bearer", plants.plain("malformed service token")),
        ("Basic", plants.plain("basic header")),
        ("Token", plants.plain("header of an unknown scheme")),
    ):
        caller.send("GET", f"{INTERNAL}/prices", {"Authorization": f"{scheme} {secret}"})
    for header in ("X-Api-Key", "X-Request-Id", "User-Agent", "Referer", "X-Forwarded-For", "Via", "Origin"):
        caller.send("GET", "/metrics", {header: plants.api_key(header)})
    caller.send("GET", "/readyz", {"Host": plants.plain("Host")})
    caller.send("GET", "/readyz", {"Host": f"127.0.0.1:{plants.plain('port')}"})
    caller.send("GET", "/readyz", {"Cookie": f"sessionid={plants.plain('Cookie')}"})
    caller.send("POST", "/readyz", {"Content-Type": f"text/plain; charset={plants.plain('charset')}"}, "x")
    signature = f"t=1,v1={plants.plain('Stripe-Signature')}"
    body = json.dumps({"secret": plants.shaped("webhook's body", "whsec_")})
    caller.send("POST", "/webhooks/stripe", {"Stripe-Signature": signature}, body)
    caller.send("GET", f"/{plants.plain('unknown address')}?token={plants.service_token('unknown query')}")
    caller.send("GET", f"/static/{plants.plain('static file')}")
    caller.send("GET", f"/admin/{plants.plain('address below admin')}/")
    caller.send(plants.plain("method"), "/readyz")


def as_stripe(caller: Caller, plants: Plants) -> None:
    """A message about a payment, of which nobody answers when it is looked up."""
    headers = signed(BODY, secret=plants.by_place["webhook secret"], at=int(time.time()))
    assert caller.send("POST", "/webhooks/stripe", headers, BODY.decode()).status == 200


def as_alipay(caller: Caller, plants: Plants) -> None:
    """The same of Alipay, whose messages name the buyer; our question about it is signed."""
    buyer = plants.plain("buyer's id")
    body = alipay.notification(alipay_key(), buyer_id=buyer, buyer_logon_id=plants.plain("buyer's name"))
    plants.remember("Alipay's signature", dict(parse_qsl(body.decode()))["sign"])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert caller.send("POST", "/webhooks/alipay", headers, body.decode()).status == 200


def as_operator(caller: Caller, plants: Plants, email: str, password: str) -> None:
    """Signing in with a wrong and with the right password, and a form with new ones."""
    wrong = plants.plain("wrong password")
    _sign_in(caller, plants.plain("stranger's password"), "nobody@example.com")
    _sign_in(caller, wrong, email)
    caller.send("POST", LOGIN, {"Content-Type": "application/x-www-form-urlencoded"}, f"password={wrong}")
    caller.send("GET", f"{LOGIN}?{urlencode({'next': '/?password=' + plants.plain('next page')})}")

    session = _sign_in(caller, password, email)
    plants.kept_in_database |= {"session", "csrf cookie"}
    plants.remember("session", session["sessionid"].value)
    plants.remember("csrf cookie", session["csrftoken"].value)
    new = plants.plain("new password")
    form = {"email": "x", "password1": new, "password2": new + "x"}
    _post_form(caller, "/admin/accounts/user/add/", form, session)
    _post_form(caller, "/admin/password_change/", {"old_password": new, "new_password1": wrong}, session)
    caller.send("GET", f"/admin/accounts/user/?e={plants.plain('admin query')}", {"Cookie": _header(session)})


def _sign_in(caller: Caller, password: str, email: str) -> SimpleCookie:
    cookies = SimpleCookie(caller.send("GET", LOGIN).headers["Set-Cookie"])
    answer = _post_form(caller, LOGIN, {"username": email, "password": password}, cookies)
    for header in answer.headers.get_all("Set-Cookie") or ():
        cookies.load(header)
    return cookies


def _post_form(
    caller: Caller, target: str, fields: Mapping[str, str], cookies: SimpleCookie
) -> http.client.HTTPResponse:
    body = urlencode({"csrfmiddlewaretoken": cookies["csrftoken"].value, **fields})
    kind = "application/x-www-form-urlencoded"
    return caller.send("POST", target, {"Content-Type": kind, "Cookie": _header(cookies)}, body)


def _header(cookies: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def while_broken(caller: Caller, plants: Plants, token: str) -> None:
    """Requests that fail inside: their lines have tracebacks."""
    digest = "0" * 64
    query = f"?api_key={plants.api_key('query of a failure')}"
    caller.send(
        "GET",
        f"{INTERNAL}/keys/{digest}{query}",
        {"Authorization": f"Bearer {token}", "Cookie": plants.plain("cookie of a failure")},
    )
    caller.json(f"holds?secret={plants.plain('address of a failure')}", token, {"a": plants.plain("body")})
    session = {"Cookie": f"sessionid={plants.by_place['session']}"}
    caller.send("GET", f"/admin/?password={plants.plain('page of a failure')}", session)


def to_key_events(stack: Stack, plants: Plants) -> None:
    caller = Caller(stack.key_events_url)
    address = f"{INTERNAL}/key-events?after={plants.plain('position')}"
    caller.send("GET", address, {"Authorization": f"Bearer {plants.service_token('long poll')}"})
    caller.send("GET", f"/{plants.plain('address at the long poll')}")
