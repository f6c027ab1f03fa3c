"""What has not cleared: money in our books that the provider's books do not name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.payments.names import ProviderName
from billing.services.payment_reconciliation import ours
from billing.services.payment_reconciliation.ours import Movement

# A payment that no book of the provider names after so long is somebody's to explain.
PATIENCE: Final = {ProviderName.STRIPE: timedelta(days=3), ProviderName.ALIPAY: timedelta(days=2)}
LOOKED_BACK: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Uncleared:
    """`late` are those older than the provider's usual time; `amount_minor` is their sum."""

    late: tuple[Movement, ...]

    @property
    def amount_minor(self) -> int:
        return sum(movement.amount_minor for movement in self.late)

    def oldest(self, *, now: datetime) -> timedelta:
        return max((now - movement.moved_at for movement in self.late), default=timedelta(0))


def uncleared(provider: ProviderName, *, now: datetime) -> Uncleared:
    """Our movements of the last 90 days that should have cleared and did not."""
    return Uncleared(tuple(ours.uncleared(provider, since=now - LOOKED_BACK, until=now - PATIENCE[provider])))
