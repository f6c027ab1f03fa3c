"""Whether a dispute still weighs on its customer, and freezing and unfreezing for it.

Only what was frozen here is unfrozen here: an operator's freeze stays.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.models import Customer
from billing.models import Dispute, TopUp, Wallet
from billing.services import customers

LOST: Final = "lost"
ENDED: Final = frozenset({"won", LOST, "prevented", "warning_closed"})
_INQUIRY: Final = "warning_"


def weighs(dispute: Dispute) -> bool:
    """Money is gone, or may go: a lost one whose withdrawal was not seen yet will take it."""
    return dispute.taken_minor > 0 or dispute.status not in ENDED or dispute.status == LOST


def rank(status: str) -> int:
    """An inquiry comes before the dispute that it grows into, and each before its end; it never goes back."""
    is_inquiry = status.startswith(_INQUIRY)
    return (0 if is_inquiry else 2) + (status in ENDED)


def freeze(customer_id: UUID, *, cause: str, now: datetime) -> None:
    """Freeze an active customer; the caller holds the wallet's lock."""
    if _customer(customer_id).state == Customer.State.ACTIVE:
        customers.freeze(customer_id=customer_id, reason=f"{customers.PAYMENT_AT_RISK}{cause}"[:300], now=now)


def unfreeze(dispute: Dispute, *, now: datetime) -> None:
    """Unfreeze where nothing else weighs on the customer; the caller holds the wallet's lock."""
    customer = _customer(dispute.customer_id)
    is_ours = customer.state_reason.startswith(customers.PAYMENT_AT_RISK)
    if customer.state != Customer.State.FROZEN or not is_ours:
        return
    if Wallet.objects.get(customer_id=customer.id).debt_nanos or _is_at_risk_beside(dispute):
        return

    reason = f"dispute {dispute.provider_dispute_id} is over"
    customers.unfreeze(customer_id=customer.id, reason=reason, now=now)


def _is_at_risk_beside(dispute: Dispute) -> bool:
    others = Dispute.objects.filter(customer_id=dispute.customer_id).exclude(id=dispute.id)
    if any(weighs(other) for other in others):
        return True
    return TopUp.objects.filter(customer_id=dispute.customer_id).exclude(fraud_warning="").exists()


def _customer(customer_id: UUID) -> Customer:
    return Customer.objects.get(id=customer_id)
