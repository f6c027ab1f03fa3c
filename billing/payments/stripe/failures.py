"""The SDK's exceptions as ours: what is unknown, and what was refused."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import stripe

from billing.payments.errors import Declined, ProviderError, Rejected, Unreachable

logger = logging.getLogger(__name__)

# Another request with the same key is under way: its outcome is what we want to know.
_BUSY: Final = frozenset({"idempotency_key_in_use", "lock_timeout", "rate_limit"})
_NEEDS_CUSTOMER: Final = "authentication_required"

# What the SDK and we ourselves run into where an answer has another shape.
_UNREADABLE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise ours instead of the SDK's; an answer that lacks what it must have says nothing either."""
    try:
        yield
    except stripe.StripeError as error:
        raise as_ours(error) from error
    except _UNREADABLE as error:
        logger.exception("an answer of Stripe is not what its API promises")
        raise Unreachable("Stripe's answer cannot be read") from error


def as_ours(error: stripe.StripeError) -> ProviderError:
    code = _code(error)
    if code in _BUSY:
        return Unreachable("Stripe is busy with the same object")
    if isinstance(error, stripe.CardError):
        return declined(code, _member(error, "decline_code"))
    if isinstance(error, stripe.IdempotencyError) or _member(error, "type") == "idempotency_error":
        return Rejected("Stripe knows this request with other parameters", reason="idempotency_error")
    if isinstance(error, stripe.InvalidRequestError):
        return Rejected("Stripe refused the request", reason=code or "invalid_request")

    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        # Nothing happened, and all will once the key is repaired: nothing may be undone because of it.
        logger.error("Stripe does not accept our key", extra={"http_status": error.http_status})
    return Unreachable("Stripe did not answer")


def declined(code: str, decline_code: str = "") -> Declined:
    """`code` and `decline_code` as an error of Stripe, or a payment intent's last error, has them."""
    return Declined(
        "the card was declined",
        reason=decline_code or code or "card_declined",
        needs_customer=_NEEDS_CUSTOMER in {code, decline_code},
    )


def is_missing(error: stripe.InvalidRequestError) -> bool:
    return error.http_status == 404 or error.code == "resource_missing"


def _code(error: stripe.StripeError) -> str:
    # Not every class of the SDK is given the code; the body always has it.
    return str(error.code or _member(error, "code"))


def _member(error: stripe.StripeError, name: str) -> str:
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""
