"""The signature of a webhook: whose it is, and whether it is of now."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import stripe

from billing.payments.errors import Forged, Unavailable

HEADER: Final = "Stripe-Signature"
TOLERANCE_SECONDS: Final = 300

_SIGNED_AT: Final = re.compile(r"t=([0-9]{1,12})", re.ASCII)


def verify(body: bytes, headers: Mapping[str, str], *, secrets: Sequence[str], now: datetime) -> None:
    """Raise `Forged` unless one of `secrets` signed this body at most five minutes before or after `now`."""
    known = [secret for secret in secrets if secret.strip()]
    if not known:
        # Whoever knows that our secret is empty could sign with it.
        raise Unavailable("no secret to verify Stripe's messages with")

    header = _header(headers)
    _require_now(header, now)
    if not any(_is_signed(body, header, secret) for secret in known):
        raise Forged("the signature is not Stripe's")


def _header(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        if name.lower() == HEADER.lower():
            return value
    raise Forged("there is no signature")


def _require_now(header: str, now: datetime) -> None:
    """The SDK judges old messages only, and by its own clock.

    It reads more than digits as a time, and takes the first one: we have to judge the one that it reads.
    """
    told = [part for part in header.split(",") if part.partition("=")[0] == "t"]
    signed_at = _SIGNED_AT.fullmatch(told[0]) if len(told) == 1 else None
    if signed_at is None:
        raise Forged("the signature does not say when it was made")
    if abs(now.timestamp() - int(signed_at[1])) > TOLERANCE_SECONDS:
        raise Forged("the signature is not of now")


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, tolerance=None)
    except stripe.SignatureVerificationError:
        return False
    except Exception as error:
        # Bytes that are no UTF-8 and signatures that are no ASCII meet other exceptions inside the SDK.
        raise Forged("the signature cannot be verified") from error
    else:
        return True
