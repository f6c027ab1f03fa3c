"""Plain admin pages of money, and the actions on keys and customers that need the wallet's lock."""

from billing.admin import codes, customers, keys, offers, payment_differences, payment_events, wallets
from billing.admin.debts import DebtRecords
from billing.admin.holds import HoldRecords
from billing.admin.ledger import LedgerRecords
from billing.admin.lots import LotRecords
from billing.admin.money_back import DisputeRecords, RefundRecords
from billing.admin.top_ups import TopUpRecords

# The site gives these their addresses and their lines in its index.
RECORDS = (
    DebtRecords(),
    DisputeRecords(),
    HoldRecords(),
    LedgerRecords(),
    LotRecords(),
    RefundRecords(),
    TopUpRecords(),
)

__all__ = [
    "RECORDS",
    "codes",
    "customers",
    "keys",
    "offers",
    "payment_differences",
    "payment_events",
    "wallets",
]
