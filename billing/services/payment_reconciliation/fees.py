"""What only the provider's books tell: its fees and its payouts, posted once each on the house."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import transaction

from billing.ledger.book import Book
from billing.models import LedgerAccount, LedgerTransaction, ProviderLine, TransactionKind
from billing.payments import currencies
from billing.payments.names import ProviderName
from billing.payments.protocol import LineKind
from billing.services.payment_reconciliation import house
from billing.services.top_ups.offers import CURRENCIES

BATCH: Final = 200
# Clearing, bank and expense account of each provider.
_ACCOUNTS: Final = {
    ProviderName.STRIPE: (
        LedgerAccount.CLEARING_STRIPE,
        LedgerAccount.BANK_STRIPE,
        LedgerAccount.EXPENSE_PAYMENT_FEE,
    ),
    ProviderName.ALIPAY: (
        LedgerAccount.CLEARING_ALIPAY_CNY,
        LedgerAccount.BANK_ALIPAY_CNY,
        LedgerAccount.EXPENSE_PAYMENT_FEE_CNY,
    ),
}
_DISPUTES: Final = (LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL)


@dataclass(frozen=True, slots=True)
class Effect:
    """`minor` leaves the clearing account for `account`; below 0 it comes back from there."""

    key: str
    kind: TransactionKind
    account: LedgerAccount
    clearing: LedgerAccount
    minor: int
    currency: str
    reason: str


def post(lines: Sequence[ProviderLine], *, now: datetime) -> int:
    """Post the fees and payouts of these lines that are not posted yet, and return how many were."""
    effects = iter([effect for line in lines for effect in _effects(line)])
    posted = 0
    while batch := list(islice(effects, BATCH)):
        posted += _post(batch, now=now)
    return posted


def _effects(line: ProviderLine) -> Iterator[Effect]:
    provider = ProviderName(line.provider)
    if line.currency != CURRENCIES[provider]:
        # No account of ours counts in it; the comparison lists the line.
        return
    clearing, bank, expense = _ACCOUNTS[provider]
    if line.kind == LineKind.PAYOUT:
        key = f"{provider}:payout:{line.line_id}"
        yield Effect(
            key, TransactionKind.PAYOUT, bank, clearing, -line.gross_minor, line.currency, line.line_id
        )
    # A dispute's fee is posted with the dispute, on the customer whose payment it is.
    fee = 0 if line.kind in _DISPUTES else line.fee_minor
    if line.kind == LineKind.FEE:
        fee -= line.gross_minor
    if fee:
        key = f"{provider}:txn:{line.line_id}:fee"
        yield Effect(key, TransactionKind.PAYMENT_FEE, expense, clearing, fee, line.currency, line.line_id)


def _post(effects: Sequence[Effect], *, now: datetime) -> int:
    """One transaction for a batch; under the house's lock nobody else posts the same."""
    house_id = house.ensure(now=now)
    with transaction.atomic():
        book = Book.lock([house_id], now=now)
        known = LedgerTransaction.objects.filter(
            customer_id=house_id, effect_key__in=[effect.key for effect in effects]
        )
        posted = set(known.values_list("effect_key", flat=True))
        new = [effect for effect in effects if effect.key not in posted and effect.minor]
        for effect in new:
            entry = book.entry(house_id, effect.kind, effect_key=effect.key, reason=effect.reason)
            nanos = currencies.to_nanos(abs(effect.minor), effect.currency)
            debit, credit = effect.account, effect.clearing
            if effect.minor < 0:
                debit, credit = credit, debit
            book.between(entry, nanos, debit=debit, credit=credit)
        book.save()
    return len(new)
