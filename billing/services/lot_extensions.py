"""Giving credit more time: a lot's expiry is moved later, never earlier."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from billing import sql
from billing.errors import BillingError, NotFound, Unacceptable
from billing.ledger.book import Book
from billing.models import CreditLot

LONGEST: Final = timedelta(days=3650)
# Under the wallet's lock: what is spent next, and what lapses, depends on it.
EXTEND: Final = """
    update credit_lot
       set expires_at = %(later)s
     where customer_id = %(customer)s and id = %(lot)s and has_credit and expires_at < %(later)s
"""


class NotExtendable(BillingError):
    code = "lot_not_extendable"
    http_status = 409


def extend(*, customer_id: UUID, lot_id: UUID, expires_at: datetime, now: datetime) -> datetime:
    """Let what is left of a lot lapse at `expires_at`, and return when it would have lapsed.

    Raises `NotFound`, `NotExtendable` for a lot that is spent or never lapses, and `Unacceptable` for a
    moment that is not later.
    """
    if not now < expires_at <= now + LONGEST:
        raise Unacceptable(f"must lie in the next {LONGEST.days} days", field="expires_at")

    with transaction.atomic():
        Book.lock([customer_id], now=now)
        lot = CreditLot.objects.filter(customer_id=customer_id, id=lot_id).first()
        if lot is None:
            raise NotFound("No such lot.")
        if lot.expires_at is None or not lot.remaining_nanos:
            raise NotExtendable("nothing of this lot will lapse")
        if not sql.run(EXTEND, {"later": expires_at, "customer": customer_id, "lot": lot_id}):
            raise Unacceptable("must be later than it is", field="expires_at")
    return lot.expires_at
