"""Every refusal of the accounts app.

AccountsError
├── NotFound            404, also for what belongs to somebody else
│   ├── UnknownKey      unknown_key
│   ├── UnknownMember   unknown_member
│   └── UnknownToken    unknown_token
├── Clash               409, a state forbids the change
│   ├── EmailTaken      email_taken
│   ├── AlreadyMember   already_member
│   ├── LastOwner       last_owner
│   ├── CustomerClosed  customer_closed
│   ├── KeyNotActive    key_not_active
│   ├── KeyReplaced     key_replaced
│   └── TooManyTokens   too_many_tokens
└── Unacceptable        422 invalid, names its field
"""

from typing import Any


class AccountsError(Exception):
    """Carries the stable `code` and the HTTP status of its problem document; `extra` becomes its members."""

    code = "accounts_error"
    http_status = 400

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class NotFound(AccountsError):
    code = "not_found"
    http_status = 404


class UnknownKey(NotFound):
    code = "unknown_key"


class UnknownMember(NotFound):
    code = "unknown_member"


class UnknownToken(NotFound):
    code = "unknown_token"


class Clash(AccountsError):
    code = "clash"
    http_status = 409


class EmailTaken(Clash):
    code = "email_taken"


class AlreadyMember(Clash):
    code = "already_member"


class LastOwner(Clash):
    code = "last_owner"


class CustomerClosed(Clash):
    code = "customer_closed"


class KeyNotActive(Clash):
    code = "key_not_active"


class KeyReplaced(Clash):
    code = "key_replaced"


class TooManyTokens(Clash):
    code = "too_many_tokens"


class Unacceptable(AccountsError):
    """Input that can never succeed as it is."""

    code = "invalid"
    http_status = 422

    def __init__(self, detail: str, *, field: str, **extra: Any) -> None:
        super().__init__(detail, field=field, **extra)
        self.field = field
