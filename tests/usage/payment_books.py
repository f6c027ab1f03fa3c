"""Bob buys, is refunded and disputes: books of payments for the audit to look at."""

from functools import partial

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import LedgerTransaction, ProviderEvent, Redemption, RedemptionCode, WelcomeGrant
from billing.payments import registry
from billing.payments.names import ProviderName
from billing.payments.protocol import DisputeSeen, MoneyMoved, RefundState
from billing.services import credits
from tests import cast
from tests.billing.refunds.purchases import bought, found, refund
from tests.billing.top_ups.purchases import begin, bonus, look
from tests.cast import USD
from tests.stand_in import StandIn

TAKEN, BACK = MoneyMoved("txn_1", -1000, 1500, "USD"), MoneyMoved("txn_2", 400, 0, "USD")


def tell(bob: cast.Player) -> None:
    """A top-up of each kind, refunds that were made and that failed, half a dispute, a code, a message."""
    with pytest.MonkeyPatch.context() as patched:
        stand_ins = {name: StandIn(name) for name in ProviderName}
        for name in ProviderName:
            patched.setitem(registry._MAKERS, name, partial(stand_ins.get, name))
        registry._made.cache_clear()
        _buy(bob, stand_ins[ProviderName.STRIPE], stand_ins[ProviderName.ALIPAY])
    registry._made.cache_clear()
    _redeem(bob)
    ProviderEvent.objects.create(
        id=uuid7(),
        provider="stripe",
        event_id="evt_1",
        body_digest=bytes(32),
        kind="charge.updated",
        body=b"{}",
        received_at=timezone.now(),
        next_try_at=timezone.now(),
    )


def _buy(bob: cast.Player, stripe: StandIn, alipay: StandIn) -> None:
    bonus((10 * USD, 100_000))
    by_alipay = bought(bob, alipay, "alipay")
    refund(by_alipay, 3333)
    begin(bob, "unpaid")
    bought(bob, stripe, "plain")
    top_up = bought(bob, stripe)
    refund(top_up, 500)
    found(top_up, stripe, 300, state=RefundState.FAILED)
    dispute = DisputeSeen("du_1", "under_review", "fraudulent", 1000, "USD", (TAKEN, BACK))
    stripe.show(top_up.object_id, disputes=(dispute,))
    look(top_up)


def _redeem(bob: cast.Player) -> None:
    """A code and a welcome, as rows: what gave them is not what is looked at."""
    now = timezone.now()
    for key in ("code", "welcome"):
        credits.grant(customer_id=bob.id, amount_nanos=USD, reason=key, effect_key=f"{key}:1", now=now)
    code = RedemptionCode.objects.create(
        digest=bytes(32), hint="WXYZ", credit_nanos=USD, uses=1, reason="test", created_at=now
    )
    granted = LedgerTransaction.objects.get(customer_id=bob.id, effect_key="code:1")
    Redemption.objects.create(
        customer_id=bob.id, code=code, number=1, ledger_transaction_id=granted.id, redeemed_at=now
    )
    WelcomeGrant.objects.create(
        person=bytes(32),
        customer_id=bob.id,
        user=bob.customer.members.get(),
        amount_nanos=USD,
        granted_at=now,
    )
