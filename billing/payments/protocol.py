"""What every payment provider does for us, and what it shows, in our words.

Amounts are integers of the currency's minor unit (`*_minor`: cents, fen), as providers count. No method is
called inside a database transaction. Each raises the errors of `billing.payments.errors`: `Unreachable` where
the outcome is unknown, `Rejected` where the provider said no.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from billing.payments.names import Method, ProviderName


class PaymentState(StrEnum):
    """`WAITING`: nobody paid yet; `PROCESSING`: the bank takes days; `CLOSED`: nobody can pay any more."""

    WAITING = "waiting"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    CLOSED = "closed"


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class LineKind(StrEnum):
    """What a line of the provider's own books is about."""

    PAYMENT = "payment"
    PAYMENT_FAILURE = "payment_failure"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    FEE = "fee"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Order:
    """A top-up as the provider is asked for it.

    `reference` is ours, at most 64 characters, unique for life: Stripe's `client_reference_id` and the seed
    of its idempotency keys, Alipay's `out_trade_no`. `payer` and `card` are Stripe's ids of its customer and
    of a saved card.
    """

    reference: str
    top_up_id: UUID
    customer_id: UUID
    method: Method
    amount_minor: int
    currency: str
    description: str
    email: str
    return_url: str
    cancel_url: str
    notify_url: str
    expires_at: datetime
    payer: str | None = None
    card: str | None = None
    save_card: bool = False


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where the customer pays: an address to go to, or the text of a QR code for our own page.

    `object_id` is what the payment is looked up by: Stripe's session id, Alipay's `out_trade_no`.
    """

    object_id: str
    url: str | None
    qr_code: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a payment is found: by its checkout, by the payment itself, or both.

    For Stripe `object_id` is a session (`cs_`) or, for a saved card, the payment intent; `payment_id` a
    payment intent (`pi_`). For Alipay the `out_trade_no` and the `trade_no`. `refunds` are those that a
    message names, to be asked about beside our own: Alipay tells of one made on its own pages nowhere else.
    """

    object_id: str | None = None
    payment_id: str | None = None
    refunds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund as the provider shows it; `reference` is ours, None where we did not start it."""

    refund_id: str
    reference: str | None
    amount_minor: int
    currency: str
    state: RefundState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """A balance transaction of a dispute: `amount_minor` below 0 took money from us, above 0 gave it back."""

    transaction_id: str
    amount_minor: int
    fee_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class DisputeSeen:
    """`status` is Stripe's word; one that begins with `warning_` is an inquiry, which moves no money."""

    dispute_id: str
    status: str
    reason: str
    amount_minor: int
    currency: str
    moved: tuple[MoneyMoved, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A card that the customer agreed to be charged with later."""

    payer: str
    card_id: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int


@dataclass(frozen=True, slots=True)
class Payment:
    """The provider's own object: the only proof that somebody paid.

    `reference` is ours as the provider shows it, `account` and `livemode` say whose payment it is, `mode` is
    `payment` for anything that can buy credit. `fraud_warning` is the id of an early fraud warning.
    """

    provider: ProviderName
    object_id: str
    payment_id: str | None
    reference: str | None
    account: str
    livemode: bool
    mode: str
    state: PaymentState
    amount_minor: int
    currency: str
    paid_at: datetime | None = None
    failure: str = ""
    refunds: tuple[RefundSeen, ...] = ()
    disputes: tuple[DisputeSeen, ...] = ()
    fraud_warning: str | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """`reference` is ours, one for each refund for life: idempotency key and `out_request_no`."""

    reference: str
    object_id: str
    payment_id: str
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """A verified webhook or callback. It is a trigger: nothing in it is believed but what to look up.

    `lookup` is None where it is about no payment. `foreign` says why a signed message is not for us
    (`account`, `livemode`, `app_id`, `seller_id`); it is kept and quarantined.
    """

    event_id: str
    kind: str
    lookup: Lookup | None
    happened_at: datetime | None
    foreign: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the provider's books of a day: a balance transaction of Stripe, a line of Alipay's bill.

    `gross_minor` is what it did to our balance there before `fee_minor`; `net = gross - fee`. `source_id` is
    the charge, refund, dispute or payout; `payment_id` and `reference` the payment's, where the line has one.
    """

    line_id: str
    kind: LineKind
    happened_at: datetime
    gross_minor: int
    fee_minor: int
    currency: str
    source_id: str | None = None
    payment_id: str | None = None
    reference: str | None = None


class PaymentProvider(Protocol):
    """Stripe or Alipay."""

    name: ProviderName
    methods: tuple[Method, ...]
    currency: str

    @property
    def account(self) -> str:
        """What `Payment.account` must be: Stripe's account id (or `""`), Alipay's `app_id:seller_id`."""
        ...

    @property
    def livemode(self) -> bool: ...

    def start_checkout(self, order: Order) -> Checkout: ...

    def charge_card(self, order: Order) -> Payment:
        """Charge `order.card` while its owner is away; raises `Declined`."""
        ...

    def find_charge(self, order: Order) -> Payment | None:
        """What `charge_card` has led to, without charging; None where no charge of this order arrived."""
        ...

    def fetch(self, lookup: Lookup, *, refunds: Sequence[str] = ()) -> Payment | None:
        """The payment with all its refunds and disputes; None where the provider knows of none.

        `refunds` are our references of refunds that were made or still may be: to be asked about one by one,
        where the provider lists none.
        """
        ...

    def close(self, object_id: str) -> None:
        """Let nobody pay any more; `Rejected` where somebody has."""
        ...

    def refund(self, order: RefundOrder) -> RefundSeen: ...

    def changed_since(self, moment: datetime) -> Iterator[Lookup]:
        """Payments about which a message may have been lost."""
        ...

    def read_message(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Message:
        """Verify and read a webhook or callback; raises `Forged`, whatever the body is."""
        ...

    def lines(self, day: date) -> list[Line]:
        """The provider's own books of a UTC day (Alipay: of a day in Shanghai)."""
        ...
