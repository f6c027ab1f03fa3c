"""A day of payments at the providers' stand-ins, and mistakes in their books and in ours."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from django.db import transaction
from django.utils import timezone

from billing.ledger.book import Book
from billing.models import TopUp
from billing.payments import registry
from billing.payments.names import ProviderName
from billing.payments.protocol import Payment, PaymentState
from billing.services.payment_reconciliation import run
from billing.services.payment_reconciliation.days import last_whole
from billing.services.payment_reconciliation.run import Reconciled
from billing.services.top_ups import credit
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, look
from tests.sandbox_servers import Control

# After the end of today, for either provider, and after it has closed its books.
TOMORROW = timedelta(days=1, hours=20)


def buy_with_stripe(stripe: Control, who: cast.Player, key: str) -> TopUp:
    """A paid and credited top-up of $20."""
    top_up = begin(who, key)
    stripe.act("complete", session=top_up.object_id, how="pay")
    look(top_up)
    return again(top_up)


def buy_with_alipay(alipay: Control, who: cast.Player, key: str) -> TopUp:
    """A paid and credited top-up of ¥100."""
    top_up = begin_with_alipay(who, key)
    assert httpx.get(top_up.checkout_url, follow_redirects=True).status_code == 200
    alipay.act("pay", out_trade_no=top_up.reference)
    look(top_up)
    return again(top_up)


def charge_of(stripe: Control, top_up: TopUp) -> str:
    [charge] = [
        each["id"] for each in stripe.objects("charge") if each["payment_intent"] == top_up.payment_id
    ]
    return str(charge)


def invent(top_up: TopUp) -> TopUp:
    """Credit a payment that its provider knows nothing of, as a bug of ours might."""
    provider = registry.get(top_up.provider)
    payment = Payment(
        provider=ProviderName(top_up.provider),
        object_id=top_up.object_id or top_up.reference,
        payment_id=f"pi_invented_{uuid4().hex}",
        reference=top_up.reference,
        account=provider.account,
        livemode=provider.livemode,
        mode="payment",
        state=PaymentState.PAID,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        paid_at=timezone.now(),
    )
    with transaction.atomic():
        book = Book.lock([top_up.customer_id], now=timezone.now())
        credit.post(book, again(top_up), payment, now=timezone.now())
    return again(top_up)


def reconciled(provider: ProviderName, *, days_later: int = 0) -> Reconciled:
    """Reconcile today, once it is over."""
    now = timezone.now() + TOMORROW + timedelta(days=days_later)
    today = last_whole(provider, now=timezone.now() + timedelta(days=1, hours=2))
    return run.reconcile(provider=provider.value, day=today.date, now=now)


def found(done: Reconciled) -> set[tuple[str, str, Any, Any]]:
    """What differs: kind, what it is about, our amount, theirs."""
    return {(each.kind, each.about, each.ours_minor, each.theirs_minor) for each in done.compared.differences}
