"""Every refusal of the usage app.

UsageError
├── Unrateable         an event that cannot be charged as it is; it is quarantined
├── NotFound           404 not_found
├── AlreadyResolved    409 already_resolved
└── Unacceptable       422 invalid
"""


class UsageError(Exception):
    """Carries a stable `code`."""

    code = "usage_error"
    http_status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Unrateable(UsageError):
    """Names its code: `no_price` or `other_gateway`."""

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


class NotFound(UsageError):
    code = "not_found"
    http_status = 404


class AlreadyResolved(UsageError):
    code = "already_resolved"
    http_status = 409


class Unacceptable(UsageError):
    code = "invalid"
    http_status = 422
