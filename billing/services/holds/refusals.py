"""What a gateway is told about a hold that may not be placed or grow."""

from datetime import datetime

from billing.errors import Refused
from billing.services.holds import terms
from billing.services.holds.terms import Terms
from catalog.rating import Bounds

DETAILS = {
    "insufficient_credit": "The hold needs more credit than is available.",
    "key_limit_reached": "The hold needs more than is left of this API key's spending limit.",
    "cut_off": "The customer is out of credit; requests work again as soon as credit is added.",
    "key_revoked": "This API key was revoked.",
    "key_expired": "This API key has expired.",
    "model_not_allowed": "This API key may not use the model.",
    "customer_frozen": "The customer's account is frozen; no new requests are allowed.",
    "customer_closed": "The customer's account is closed.",
}


def of(
    code: str, asked: Terms, bounds: Bounds, available: int, *, resumes_at: datetime | None = None
) -> Refused:
    """The error that a gateway passes on; where credit or a limit is short it says what is still to be had.

    `available` is what the wallet, or the key's limit where that is the tighter, has left.
    """
    if Refused.STATUS[code] != 402:
        return Refused(DETAILS[code], code=code)

    is_of_key = code == "key_limit_reached"
    return Refused(
        DETAILS[code],
        code=code,
        limit_source="key" if is_of_key else "wallet",
        required_nanos=asked.amount_nanos,
        available_nanos=available,
        affordable_output=max(terms.most_output(asked.sheet, bounds, available), 0)
        if code != "cut_off"
        else 0,
        **({"resumes_at": resumes_at} if is_of_key and resumes_at else {}),
    )
