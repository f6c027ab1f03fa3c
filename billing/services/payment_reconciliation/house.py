"""The house: the customer whose ledger holds what belongs to no customer, such as payouts and fees."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from billing.models import Wallet
from billing.services import wallets

HOUSE_ID: Final = UUID("00000000-0000-7000-8000-000000000001")


def ensure(*, now: datetime) -> UUID:
    """The house's id; it is made on first use, closed, with a wallet that stays empty."""
    if Wallet.objects.filter(customer_id=HOUSE_ID).exists():
        return HOUSE_ID

    with transaction.atomic():
        _, is_new = Customer.objects.get_or_create(
            id=HOUSE_ID,
            defaults={
                "name": "The house",
                "state": Customer.State.CLOSED,
                "state_reason": "holds payouts and fees, which belong to no customer",
                "state_changed_at": now,
                "created_at": now,
            },
        )
        if is_new:
            wallets.open_wallet(customer_id=HOUSE_ID, now=now)
    return HOUSE_ID
