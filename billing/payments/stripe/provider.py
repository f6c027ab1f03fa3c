"""Stripe in the words of `billing.payments.protocol`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from billing.payments.names import Method, ProviderName
from billing.payments.protocol import Checkout, Line, Lookup, Message, Order, Payment, RefundOrder, RefundSeen
from billing.payments.stripe import (
    cards,
    changes,
    checkouts,
    intents,
    lines,
    messages,
    payments,
    refunds,
    signatures,
)
from billing.payments.stripe.client import Keys, connect


class StripeProvider:
    """Checkout for who is here, payment intents for saved cards of who is not."""

    name: ProviderName = ProviderName.STRIPE
    methods: tuple[Method, ...] = (Method.CHECKOUT, Method.SAVED_CARD)
    currency: str = "USD"

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._clients = connect(keys)

    @classmethod
    def from_settings(cls) -> Self | None:
        """None where the key or the webhook's secret is missing: half a provider would lose payments."""
        keys = Keys.from_settings()
        return cls(keys) if keys.complete else None

    @property
    def account(self) -> str:
        return self._keys.account

    @property
    def livemode(self) -> bool:
        return self._keys.livemode

    def start_checkout(self, order: Order) -> Checkout:
        return checkouts.start(self._clients.paying, order)

    def charge_card(self, order: Order) -> Payment:
        intent = cards.charge(self._clients.paying, order)
        return payments.of_intent(self._clients.reading, intent, account=self.account)

    def find_charge(self, order: Order) -> Payment | None:
        intent = cards.find(self._clients.reading, order)
        return payments.of_intent(self._clients.reading, intent, account=self.account) if intent else None

    # Stripe lists all refunds of a payment: nothing is asked for one by one.
    def fetch(self, lookup: Lookup, *, refunds: Sequence[str] = ()) -> Payment | None:  # noqa: ARG002
        return payments.fetch(self._clients.reading, lookup, account=self.account)

    def close(self, object_id: str) -> None:
        if object_id.startswith("pi_"):
            intents.close(self._clients.paying, object_id)
        else:
            checkouts.close(self._clients.paying, object_id)

    def refund(self, order: RefundOrder) -> RefundSeen:
        return refunds.start(self._clients.paying, order)

    def changed_since(self, moment: datetime) -> Iterator[Lookup]:
        return changes.since(self._clients.reading, moment)

    def read_message(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Message:
        signatures.verify(body, headers, secrets=self._keys.webhook_secrets, now=now)
        return messages.read(body, account=self.account, livemode=self.livemode)

    def lines(self, day: date) -> list[Line]:
        return lines.of_day(self._clients.reading, day)

    def open_payer(self, customer_id: UUID, email: str) -> str:
        """Return the id of our customer at Stripe, to whom saved cards belong; made if there is none."""
        return cards.open_payer(self._clients.paying, customer_id, email)
