"""Every row that holds money or credit."""

from billing.models.holds import Hold, HoldState
from billing.models.key_spend import KeySpend
from billing.models.ledger import Debt, DebtCause, LedgerAccount, LedgerTransaction, TransactionKind, Transfer
from billing.models.lots import CreditLot, LotKind, LotMovement
from billing.models.outbox import KeyEvent, Outbox
from billing.models.wallets import Wallet

__all__ = [
    "CreditLot",
    "Debt",
    "DebtCause",
    "Hold",
    "HoldState",
    "KeyEvent",
    "KeySpend",
    "LedgerAccount",
    "LedgerTransaction",
    "LotKind",
    "LotMovement",
    "Outbox",
    "TransactionKind",
    "Transfer",
    "Wallet",
]
