"""Paid top-ups, what is given back of them, and what the books say of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from billing.models import CreditLot, LedgerTransaction, Refund, TopUp, Transfer
from billing.services.refunds import give, send
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, look
from tests.cast import OUTPUT_TOKEN
from tests.stand_in import StandIn


def bought(who: cast.Player, provider: StandIn, key: str = "key-1", **changes: Any) -> TopUp:
    """A paid and credited top-up: $20 with Stripe, ¥100 at 7.2 with Alipay."""
    started = (begin if provider.is_stripe else begin_with_alipay)(who, key, **changes)
    provider.pay(started.object_id)
    look(started)
    return again(started)


def spend(who: cast.Player, nanos: int) -> None:
    """Use so much credit, a whole number of output tokens."""
    tokens, rest = divmod(nanos, OUTPUT_TOKEN)
    assert not rest
    cast.send(cast.report(who, output=tokens))
    cast.settle()


def ask(
    top_up: TopUp, minor: int, *, refund_id: UUID | None = None, now: datetime | None = None
) -> give.Given:
    """An operator's refund, debited and not yet sent."""
    return give.give(
        customer_id=top_up.customer_id,
        top_up_id=top_up.id,
        amount_minor=minor,
        reason="not needed",
        author_id=User.objects.order_by("created_at")[0].id,
        refund_id=refund_id or uuid7(),
        now=now or timezone.now(),
    )


def refund(top_up: TopUp, minor: int) -> Refund:
    """An operator's refund, debited and sent."""
    given = ask(top_up, minor)
    return deliver(given.refund)


def deliver(refund: Refund, *, now: datetime | None = None) -> Refund:
    return send.send(customer_id=refund.customer_id, refund_id=refund.id, now=now or timezone.now())


def found(top_up: TopUp, provider: StandIn, minor: int, **changes: Any) -> None:
    """Somebody refunds on the provider's own pages; nobody has told us yet."""
    shown = provider.payments[top_up.object_id]
    provider.show(top_up.object_id, refunds=(*shown.refunds, provider.refund_seen(minor, **changes)))


def due_at(refund: Refund) -> datetime:
    """When it is asked about next, as it is stored."""
    due = Refund.objects.get(id=refund.id).next_check_at
    assert due is not None
    return due


def legs(entry_id: UUID | None) -> list[tuple[int, int, int]]:
    assert entry_id is not None
    moved = Transfer.objects.filter(ledger_transaction_id=entry_id).order_by("position")
    return list(moved.values_list("debit_account", "credit_account", "amount_nanos"))


def left(lot_id: UUID | None) -> int:
    assert lot_id is not None
    return CreditLot.objects.get(id=lot_id).remaining_nanos


def kinds(who: cast.Player) -> list[str]:
    """What was posted for a customer, oldest first, without usage and grants."""
    posted = LedgerTransaction.objects.filter(customer_id=who.id).exclude(kind__in=["usage", "grant"])
    return list(posted.order_by("id").values_list("kind", flat=True))
