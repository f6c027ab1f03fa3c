"""Reading a notification of Alipay: verified, and then believed only as far as whom to ask about."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from billing.payments.alipay.signing import OUTSIDE_CALLBACK, SIGN_TYPE, is_signed, sign_string
from billing.payments.alipay.wire import moment
from billing.payments.errors import Forged
from billing.payments.protocol import Lookup, Message

MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 100
_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_KIND: Final = re.compile(r"[A-Za-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a notification has to be for."""

    app_id: str
    seller_id: str


def read_notification(body: bytes, addressee: Addressee, key: RSAPublicKey) -> Message:
    """Return what a notification is about; raises `Forged`, whatever the body is."""
    fields = _verified(body, key)
    event_id = fields.get("notify_id", "")
    if not _ID.fullmatch(event_id):
        raise Forged("the notification has no id")
    return Message(
        event_id=event_id,
        kind=_kind(fields),
        lookup=_lookup(fields),
        happened_at=_moment(fields.get("notify_time", "")),
        foreign=_foreign(fields, addressee),
    )


def _verified(body: bytes, key: RSAPublicKey) -> dict[str, str]:
    if len(body) > MOST_BYTES:
        raise Forged("the notification is too large")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Forged("the notification is not a form in UTF-8") from None
    fields = dict(pairs)
    # Readers differ in which of two equal names they take: the signed value has to be the only one.
    if len(fields) < len(pairs):
        raise Forged("the notification has a field twice")
    if fields.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Forged("the notification is not in UTF-8")
    if fields.get("sign_type") != SIGN_TYPE:
        raise Forged("the notification is not signed with RSA2")
    if not is_signed(sign_string(fields, outside=OUTSIDE_CALLBACK), fields.get("sign", ""), key):
        raise Forged("the notification is not signed by Alipay")
    return fields


def _kind(fields: dict[str, str]) -> str:
    words = [fields.get("notify_type", ""), fields.get("trade_status", "")]
    return ":".join(word for word in words if _KIND.fullmatch(word)) or "unknown"


def _lookup(fields: dict[str, str]) -> Lookup | None:
    out_trade_no, trade_no, refund = (
        value if _ID.fullmatch(value) else None
        for value in (fields.get(name, "") for name in ("out_trade_no", "trade_no", "out_biz_no"))
    )
    if not (out_trade_no or trade_no):
        return None
    return Lookup(object_id=out_trade_no, payment_id=trade_no, refunds=(refund,) if refund else ())


def _moment(text: str) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        return None


def _foreign(fields: dict[str, str], addressee: Addressee) -> str:
    if fields.get("app_id") != addressee.app_id:
        return "app_id"
    if fields.get("seller_id") != addressee.seller_id:
        return "seller_id"
    return ""
