"""The merchant whose app calls the stand-in: its numbers, its keys and what is told to it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox.alipay import rsa
from sandbox.alipay.yuan import shown
from sandbox.ground.ground import Ground
from sandbox.ground.ids import new_id
from sandbox.ground.journal import Journal, Record
from sandbox.ground.messages import Message

DELIVERY_TIMEOUT = aiohttp.ClientTimeout(total=20)
# Alipay pauses 4 and 10 minutes, then up to 15 hours; the first pauses here let a person see a retry.
RETRIES_S = (2, 10, 60, 240, 600, 600, 3600, 7200, 21600, 54000)


@dataclass(frozen=True, slots=True)
class Settings:
    """Keys are bare base64: `app_public_key` is the app's own, `private_key` is the stand-in's (Alipay's)."""

    app_id: str
    seller_id: str
    app_public_key: str
    private_key: str


class Merchant:
    """One app of one merchant. `key` signs answers and notifications, and may be rotated."""

    def __init__(self, journal: Journal | None, settings: Settings) -> None:
        self.ground = Ground("alipay", journal, self.post, retries_s=RETRIES_S)
        self.app_id = settings.app_id
        self.seller_id = settings.seller_id
        self.app_key = rsa.read_public(settings.app_public_key)
        self.first_key = rsa.read_private(settings.private_key)
        self.forget()
        self.ground.on_reset.append(self.forget)

    def forget(self) -> None:
        self.key = self.first_key
        self.refund_lag_s = 0

    def now_shown(self) -> str:
        return shown(self.ground.clock.now())

    def save(self, kind: str, record: Record) -> Record:
        return self.ground.store.put(kind, record["out_trade_no"], record)

    def find(self, kind: str, out_trade_no: str) -> Record | None:
        return self.ground.store.find(kind, out_trade_no)

    def notify(self, url: str, fields: dict[str, str]) -> None:
        """Queue a notification; its id stays the same over all attempts."""
        if not url:
            return
        told = {
            "notify_type": "trade_status_sync",
            "notify_id": new_id("", 34),
            "notify_time": self.now_shown(),
            "app_id": self.app_id,
            "auth_app_id": self.app_id,
            "seller_id": self.seller_id,
            "charset": "utf-8",
            "version": "1.0",
            **fields,
        }
        kind = told.get("trade_status", told["notify_type"])
        subject = told.get("out_trade_no", "")
        self.ground.messages.send(kind=kind, subject=subject, url=url, body=json.dumps(told))

    async def post(self, message: Message) -> bool:
        """Sign and send a notification; only the seven bytes `success` end it."""
        body = urlencode(self.signed(json.loads(message.body)))
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            async with (
                aiohttp.ClientSession(timeout=DELIVERY_TIMEOUT) as session,
                session.post(message.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return answer.status == 200 and await answer.read() == b"success"
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    def signed(self, fields: dict[str, str]) -> dict[str, str]:
        """The fields of a notification or of a return, with a signature that leaves `sign_type` out."""
        mark = rsa.signature(rsa.joined(fields, without=("sign", "sign_type")), self.key)
        return {**fields, "sign_type": "RSA2", "sign": mark}

    def answered(self, method: str, fields: dict[str, Any], *, with_signature: bool = True) -> str:
        """The text of an answer to a call: what is signed is the object exactly as it stands there."""
        name = f"{method.replace('.', '_')}_response"
        inner = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        if not with_signature:
            return f'{{"{name}":{inner}}}'
        return f'{{"{name}":{inner},"sign":"{rsa.signature(inner, self.key)}"}}'
