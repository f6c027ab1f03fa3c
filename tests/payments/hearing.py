"""Messages of the stand-ins, kept as they were sent, and heard as a webhook hears them."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from accounts.models import Customer
from billing.models import CreditLot, PaymentAlert, ProviderEvent, Refund, TopUp, Transfer
from billing.payments import registry
from billing.payments.protocol import Lookup, Payment, PaymentProvider
from billing.services.top_ups import events, inbox
from tests import cast
from tests.billing.top_ups.purchases import again
from tests.forgeries.stripe import signed
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET


class AtRest:
    """A provider at which nothing happens any more: what it was asked once, it answers the same again."""

    def __init__(self, provider: PaymentProvider) -> None:
        self._provider = provider
        self._answers: dict[object, Payment | None] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def fetch(self, lookup: Lookup, *, refunds: Sequence[str] = ()) -> Payment | None:
        asked = (lookup, tuple(refunds))
        if asked not in self._answers:
            self._answers[asked] = self._provider.fetch(lookup, refunds=refunds)
        return self._answers[asked]


def hear(provider: str, body: bytes) -> None:
    """Verify, store and handle a message, as its webhook does, in this thread and transaction."""
    now = timezone.now()
    headers = {}
    if provider == "stripe":
        headers = signed(body, secret=STRIPE_WEBHOOK_SECRET, at=int(time.time()))
    asked = registry.get(provider)
    message = asked.read_message(body, headers, now=now)
    stored = inbox.store(provider=asked.name, message=message, body=body, headers=headers, now=now)
    if stored.is_ours:
        events.handle(event_id=stored.event_id, now=now)


def kind_of(provider: str, body: bytes) -> str:
    """What a message says it is about."""
    if provider == "stripe":
        return str(json.loads(body)["type"])
    message = registry.get(provider).read_message(body, {}, now=timezone.now())
    assert message.lookup
    return f"{message.kind.partition(':')[2]}{' of a refund' if message.lookup.refunds else ''}"


def books(who: cast.Player, top_up: TopUp) -> dict[str, Any]:
    """All that may not depend on the order of messages."""
    wallet, stored = who.wallet(), again(top_up)
    moved: Counter[tuple[int, int]] = Counter()
    for transfer in Transfer.objects.filter(customer_id=who.id):
        moved[transfer.debit_account, transfer.credit_account] += transfer.amount_nanos
    lots = CreditLot.objects.filter(customer_id=who.id).values_list("kind", "remaining_nanos")
    refunded: Counter[str] = Counter()
    for refund in Refund.objects.filter(customer_id=who.id):
        refunded[refund.state] += refund.amount_minor
    return {
        "state": stored.state,
        "refunded": stored.refunded_minor,
        "disputed": stored.disputed_minor,
        "balance": wallet.balance_nanos,
        "debt": wallet.debt_nanos,
        "customer": Customer.objects.get(id=who.id).state,
        "lots": Counter(lots),
        "moved": moved,
        "refunds": refunded,
        "alerts": list(PaymentAlert.objects.values_list("code", "detail")),
        "messages": Counter(ProviderEvent.objects.values_list("state", flat=True)),
    }
