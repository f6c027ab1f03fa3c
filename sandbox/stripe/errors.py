"""Errors in Stripe's shape.

ApiError
├── Invalid        400 or 404, `invalid_request_error`: a wrong call
├── CardRefused    402, `card_error`: a declined card, or one whose owner has to confirm
└── KeyReused      400 or 409, `idempotency_error`
"""

from typing import Any


class ApiError(Exception):
    """Answered as `{"error": {...}}`; `extra` are fields such as the payment intent of a declined card."""

    kind = "api_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {"code": code, "message": message, "param": param, "type": self.kind, **extra}
        if code:
            fields["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        self.fields = {name: value for name, value in fields.items() if value is not None}


class Invalid(ApiError):
    kind = "invalid_request_error"


class CardRefused(ApiError):
    kind = "card_error"

    def __init__(self, message: str, *, code: str, **extra: Any) -> None:
        super().__init__(message, code=code, status=402, **extra)


class KeyReused(ApiError):
    kind = "idempotency_error"


def missing_object(noun: str, identity: str, *, param: str = "id") -> Invalid:
    """What Stripe says of an id that it does not know."""
    return Invalid(f"No such {noun}: '{identity}'", code="resource_missing", param=param, status=404)


def missing_reference(noun: str, identity: str, *, param: str) -> Invalid:
    """The same about an id inside of parameters, which is 400 rather than 404."""
    return Invalid(f"No such {noun}: '{identity}'", code="resource_missing", param=param, status=400)
