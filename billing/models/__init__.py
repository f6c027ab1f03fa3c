"""Every row that holds money or credit."""

from billing.models.auto_top_ups import AutoTopUp, Payer, SavedCard
from billing.models.codes import Redemption, RedemptionCode, WelcomeGrant
from billing.models.holds import Hold, HoldState
from billing.models.key_spend import KeySpend
from billing.models.ledger import Debt, DebtCause, LedgerAccount, LedgerTransaction, TransactionKind, Transfer
from billing.models.lots import CreditLot, LotKind, LotMovement
from billing.models.mails import Mail, MailKind
from billing.models.offers import BonusPlan, ExchangeRate
from billing.models.outbox import KeyEvent, Outbox
from billing.models.papers import BillingDetails, Language, Paper, PaperCount, PaperKind
from billing.models.payment_alerts import PaymentAlert
from billing.models.provider_events import EventState, ProviderEvent
from billing.models.provider_lines import PaymentDiscrepancy, PaymentReconciliation, ProviderLine
from billing.models.refunds import Dispute, Refund, RefundOrigin, RefundState
from billing.models.top_ups import PENDING, PaymentReference, ReferenceKind, TopUp, TopUpCause, TopUpState
from billing.models.wallets import Wallet

__all__ = [
    "PENDING",
    "AutoTopUp",
    "BillingDetails",
    "BonusPlan",
    "CreditLot",
    "Debt",
    "DebtCause",
    "Dispute",
    "EventState",
    "ExchangeRate",
    "Hold",
    "HoldState",
    "KeyEvent",
    "KeySpend",
    "Language",
    "LedgerAccount",
    "LedgerTransaction",
    "LotKind",
    "LotMovement",
    "Mail",
    "MailKind",
    "Outbox",
    "Paper",
    "PaperCount",
    "PaperKind",
    "Payer",
    "PaymentAlert",
    "PaymentDiscrepancy",
    "PaymentReconciliation",
    "PaymentReference",
    "ProviderEvent",
    "ProviderLine",
    "Redemption",
    "RedemptionCode",
    "ReferenceKind",
    "Refund",
    "RefundOrigin",
    "RefundState",
    "SavedCard",
    "TopUp",
    "TopUpCause",
    "TopUpState",
    "TransactionKind",
    "Transfer",
    "Wallet",
    "WelcomeGrant",
]
