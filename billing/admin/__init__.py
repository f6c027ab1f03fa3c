"""Plain admin pages of money, and the actions on keys and customers that need the wallet's lock."""

from billing.admin import (
    auto_top_ups,
    billing_details,
    codes,
    customers,
    keys,
    mails,
    offers,
    payment_differences,
    payment_events,
    wallets,
)
from billing.admin.debts import DebtRecords
from billing.admin.holds import HoldRecords
from billing.admin.ledger import LedgerRecords
from billing.admin.lots import LotRecords
from billing.admin.money_back import DisputeRecords, RefundRecords
from billing.admin.papers import PaperRecords
from billing.admin.top_ups import TopUpRecords

# The site gives these their addresses and their lines in its index.
RECORDS = (
    DebtRecords(),
    DisputeRecords(),
    HoldRecords(),
    LedgerRecords(),
    LotRecords(),
    PaperRecords(),
    RefundRecords(),
    TopUpRecords(),
)

__all__ = [
    "RECORDS",
    "auto_top_ups",
    "billing_details",
    "codes",
    "customers",
    "keys",
    "mails",
    "offers",
    "payment_differences",
    "payment_events",
    "wallets",
]
