"""What can go wrong with a payment provider.

ProviderError
├── Unavailable        no keys, or no secret: we do not offer this provider
├── Unreachable        no answer, or one that says nothing: what we asked for may have happened
├── Rejected           the provider understood and said no; asking again is no use
│   └── Declined       a card was declined, or its owner has to confirm
└── Forged             a message that the provider did not sign, or not now
"""

from billing.errors import BillingError


class ProviderError(BillingError):
    code = "provider_error"
    http_status = 502


class Unavailable(ProviderError):
    code = "provider_unavailable"
    http_status = 503


class Unreachable(ProviderError):
    """The outcome is unknown: ask again with the same key, or look it up, before anything is undone."""

    code = "provider_unreachable"
    http_status = 503


class Rejected(ProviderError):
    """`reason` is the provider's own code, such as `charge_already_refunded` or `ACQ.TRADE_HAS_CLOSE`."""

    code = "provider_rejected"
    http_status = 422

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


class Declined(Rejected):
    """`needs_customer`: the bank wants the card's owner to confirm, so that nothing was charged."""

    code = "payment_declined"
    http_status = 402

    def __init__(self, detail: str, *, reason: str, needs_customer: bool) -> None:
        super().__init__(detail, reason=reason)
        self.needs_customer = needs_customer


class Forged(ProviderError):
    code = "bad_signature"
    http_status = 400
