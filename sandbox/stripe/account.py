"""Our account at the stand-in: its keys, its objects and the events about them."""

import copy
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.ground.ground import Ground
from sandbox.ground.ids import new_id
from sandbox.ground.journal import Journal, Record
from sandbox.ground.messages import Message
from sandbox.stripe.errors import missing_object

API_VERSION = "2026-10-28.endive"
ACCOUNT_ID = "acct_1SandboxApiModels0"
DELIVERY_TIMEOUT = aiohttp.ClientTimeout(total=20)
# Stripe tries for three days; the first pauses are shorter here, so that a person sees a retry.
RETRIES_S = (2, 10, 60, 300, 1800, 3600, 7200, 14400, 28800, 57600, 86400)


@dataclass(frozen=True, slots=True)
class Caller:
    """Which call an event came from; nothing where a person or a bank acted."""

    request_id: str | None = None
    idempotency_key: str | None = None


class Account:
    """The merchant's account: everything that the API shows belongs to it.

    `webhook_secrets` holds more than one secret while a rotated one is still honoured, as Stripe signs with
    both for a day.
    """

    def __init__(
        self, journal: Journal | None, *, api_key: str, webhook_url: str, webhook_secret: str
    ) -> None:
        self.ground = Ground("stripe", journal, self.post, retries_s=RETRIES_S)
        self.api_key = api_key
        self.webhook_url = webhook_url
        self.webhook_secrets = [webhook_secret]
        self.account_id = ACCOUNT_ID
        self.api_version = API_VERSION
        self.refund_status = "succeeded"
        self.caller = Caller()
        self.ground.on_reset.append(self.forget)

    @property
    def livemode(self) -> bool:
        return self.api_key.startswith(("sk_live_", "rk_live_"))

    def forget(self) -> None:
        self.refund_status = "succeeded"

    def now(self) -> int:
        return self.ground.clock.seconds()

    def new(self, prefix: str, kind: str, **fields: Any) -> Record:
        """An object with what every one has; `save` it when it is whole."""
        return {
            "id": new_id(prefix),
            "object": kind,
            "created": self.now(),
            "livemode": self.livemode,
            **fields,
        }

    def save(self, record: Record) -> Record:
        return self.ground.store.put(record["object"], record["id"], record)

    def all(self, kind: str) -> list[Record]:
        return self.ground.store.all(kind)

    def get(self, kind: str, identity: str) -> Record:
        """The object; raises the API's 404."""
        found = self.ground.store.find(kind, identity)
        if found is None:
            raise missing_object(kind.replace(".", "_"), identity)
        return found

    def emit(self, event_type: str, record: Record, previous: Record | None = None) -> None:
        """Record an event about `record` as it is now, and send it to the webhook."""
        data = {"object": copy.deepcopy(shown(record))}
        if previous is not None:
            data["previous_attributes"] = previous
        event = self.new(
            "evt_",
            "event",
            api_version=self.api_version,
            data=data,
            pending_webhooks=1 if self.webhook_url else 0,
            request={"id": self.caller.request_id, "idempotency_key": self.caller.idempotency_key},
            type=event_type,
        )
        self.save(event)
        if self.webhook_url:
            body = json.dumps(event, indent=2)
            self.ground.messages.send(kind=event_type, subject=event["id"], url=self.webhook_url, body=body)

    async def post(self, message: Message) -> bool:
        """Sign and send a webhook; anything but 2xx is tried again later."""
        moment = int(self.ground.clock.timestamp() - self.ground.clock.offset.total_seconds())
        moment += self.ground.messages.faults.sign_offset_s
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(message.body, self.webhook_secrets, moment),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=DELIVERY_TIMEOUT) as session,
                session.post(
                    message.url, data=message.body.encode(), headers=headers, allow_redirects=False
                ) as answer,
            ):
                acknowledged = 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        event = self.ground.store.find("event", message.subject)
        if acknowledged and event is not None and event["pending_webhooks"]:
            event["pending_webhooks"] = 0
            self.save(event)
        return acknowledged


def signature(body: str, secrets: list[str], moment: int) -> str:
    """Stripe's header: the moment, and an HMAC-SHA256 of moment and body for each secret.

    Signed for the machine's time even while the stand-in's clock is moved: a receiver judges by its own.
    """
    signed = f"{moment}.{body}".encode()
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={moment}", *(f"v1={mark}" for mark in marks)])


def shown(record: Record) -> Record:
    """An object without what only the stand-in knows of it: names that begin with an underscore."""
    return {name: value for name, value in record.items() if not name.startswith("_")}
