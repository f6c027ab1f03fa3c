"""Opening a wallet. The edge that signs a customer up calls it in the same transaction."""

from datetime import datetime
from uuid import UUID

from billing import cut_off
from billing.models import Wallet


def open_wallet(*, customer_id: UUID, now: datetime) -> Wallet:
    """An empty wallet, which is cut off until credit comes."""
    since = cut_off.judge(balance_nanos=0, debt_nanos=0, cut_off_at=None, now=now)
    return Wallet.objects.create(customer_id=customer_id, cut_off_at=since, opened_at=now)
