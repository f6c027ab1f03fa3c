"""Webhooks of Stripe, once their signature is verified: what to look up, and whether it is ours."""

import json
import re
from typing import Any, Final, NoReturn

from billing.payments.errors import Forged
from billing.payments.protocol import Lookup, Message
from billing.payments.stripe.answers import Answer, id_of, moment

_KIND: Final = re.compile(r"[a-z0-9_.]{1,100}")
_ABOUT_A_SESSION: Final = "checkout.session."
_ABOUT_AN_INTENT: Final = "payment_intent."
# A dispute and a refund name their payment like a charge does.
_ABOUT_A_CHARGE: Final = ("charge.", "refund.", "radar.early_fraud_warning.")


def read(body: bytes, *, account: str, livemode: bool) -> Message:
    """Read a body whose signature is Stripe's; raises `Forged` where it is no event all the same."""
    try:
        return message_of(_parse(body), account=account, livemode=livemode)
    except Exception as error:
        # A body can be wrong in more ways than there are exceptions to name.
        raise Forged("the body is no event of Stripe") from error


def message_of(event: Answer, *, account: str, livemode: bool) -> Message:
    kind = event["type"]
    if (
        event["object"] != "event"
        or not _KIND.fullmatch(kind)
        or type(event["livemode"]) is not bool
        or type(event["created"]) is not int
    ):
        raise ValueError("not an event")

    return Message(
        event_id=_own_id(event),
        kind=kind,
        lookup=lookup_of(event),
        happened_at=moment(event["created"]),
        foreign=_foreign(event, account=account, livemode=livemode),
    )


def lookup_of(event: Answer) -> Lookup | None:
    """The payment that an event is about; None where it is about none."""
    about, kind = event["data"]["object"], event["type"]
    if kind.startswith(_ABOUT_A_SESSION):
        return Lookup(object_id=_own_id(about), payment_id=id_of(about.get("payment_intent")))
    if kind.startswith(_ABOUT_AN_INTENT):
        return Lookup(payment_id=_own_id(about))
    if kind.startswith(_ABOUT_A_CHARGE):
        payment_id = id_of(about.get("payment_intent"))
        return Lookup(payment_id=payment_id) if payment_id else None

    return None


def _foreign(event: Answer, *, account: str, livemode: bool) -> str:
    # Only events of connected accounts name one; our own account's leave it out.
    if event.get("account") not in {None, account}:
        return "account"
    if event["livemode"] is not livemode:
        return "livemode"

    return ""


def _own_id(answer: Answer) -> str:
    own = id_of(answer["id"])
    if own is None:
        raise ValueError("an object without an id")

    return own


def _parse(body: bytes) -> Any:
    return json.loads(body.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
