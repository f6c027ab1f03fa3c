"""Every refusal of the billing app.

BillingError
├── Refused             a hold that may not be placed or grow: 402, 403
├── RequestConflict     409 request_conflict
├── UnknownKey          404 unknown_key
├── UnknownModel        404 unknown_model
├── NotFound            404 not_found
├── PositionGone        410 position_gone
└── Unacceptable        422, names its field
"""

from typing import Any


class BillingError(Exception):
    """Carries the stable `code` and the HTTP status of its problem document; `extra` becomes its members."""

    code = "billing_error"
    http_status = 400

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class RequestConflict(BillingError):
    code = "request_conflict"
    http_status = 409


class UnknownKey(BillingError):
    code = "unknown_key"
    http_status = 404


class UnknownModel(BillingError):
    code = "unknown_model"
    http_status = 404


class NotFound(BillingError):
    code = "not_found"
    http_status = 404


class PositionGone(BillingError):
    code = "position_gone"
    http_status = 410


class Unacceptable(BillingError):
    """A request that can never succeed as it is; `code` is `invalid` unless a more precise one is given."""

    code = "invalid"
    http_status = 422

    def __init__(self, detail: str, *, code: str = "invalid", **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.code = code


class Refused(BillingError):
    """Credit, a limit or a state forbids the hold."""

    STATUS = {
        "insufficient_credit": 402,
        "key_limit_reached": 402,
        "cut_off": 402,
        "key_revoked": 403,
        "key_expired": 403,
        "model_not_allowed": 403,
        "customer_frozen": 403,
        "customer_closed": 403,
    }

    def __init__(self, detail: str, *, code: str, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.code = code
        self.http_status = self.STATUS[code]
