"""Taking bought credit back out of a wallet, and putting it back as it was.

Refunds and disputes do both. Their callers hold the wallet's lock and save the book.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from billing import sql
from billing.ledger.accounts import Entry, Owed
from billing.ledger.book import Book
from billing.models import DebtCause, LedgerAccount, LotKind, TopUp
from billing.payments.names import ProviderName
from billing.services.purchases import Purchase

TAKEN = """
    select coalesce(sum(amount_nanos) filter (where credit_account = %s), 0)::bigint as money,
           coalesce(sum(amount_nanos) filter (where credit_account = %s), 0)::bigint as bonus
      from transfer
     where customer_id = %s and ledger_transaction_id = any(%s::uuid[])
       and debit_account = any(%s::smallint[])
"""

LOTS = """
    select lot_id, -sum(amount_nanos)::bigint as nanos
      from lot_movement
     where customer_id = %s and ledger_transaction_id = any(%s::uuid[])
     group by lot_id
     order by lot_id
"""


def account_of(top_up: TopUp) -> LedgerAccount:
    """Where the dollars of a top-up came from, and go back to."""
    is_stripes = top_up.provider == ProviderName.STRIPE
    return LedgerAccount.CLEARING_STRIPE if is_stripes else LedgerAccount.EXCHANGE_USD


def take(book: Book, entry: Entry, top_up: TopUp, nanos: int, purchase: Purchase) -> int:
    """Take `nanos` from what is available, the rest as debt; return the nanos of bonus that lapsed with it.

    The purchase's own lot gives first, then its bonus, then other bought lots by age, then promotional ones.
    """
    account = account_of(top_up)
    own = [lot_id for lot_id in (top_up.lot_id, top_up.bonus_lot_id) if lot_id is not None]
    taken = book.take_back(entry, nanos, to=account, lots=own)
    if taken < nanos:
        book.owe(entry, [Owed(nanos - taken, DebtCause.BANK)], to=account)

    paid_by_bonus = min(max(taken - purchase.unspent, 0), purchase.unspent_bonus)
    lapsing = min(purchase.lapsing(nanos), purchase.unspent_bonus - paid_by_bonus)
    return book.debit(entry, lapsing, to=LedgerAccount.EXPENSE_PROMOTION, lot_id=top_up.bonus_lot_id)


def put_back(
    book: Book, entry: Entry, top_up: TopUp, nanos: int, *, taken_by: Sequence[UUID], before: int = 0
) -> None:
    """Give back `nanos` of what the transactions `taken_by` took, to the lots that gave it.

    `before` were given back already. What became debt then comes as a new bought lot, from which the book
    repays what is still owed.
    """
    account = account_of(top_up)
    money, bonus = taken(top_up, taken_by)
    assert 0 <= before <= before + nanos <= money

    at = 0
    for lot_id, share in _shares(top_up, taken_by, money, bonus):
        part = min(before + nanos, at + share) - max(before, at)
        at += share
        if part <= 0:
            continue
        if lot_id is None:
            book.credit(entry, part, source=account, lot_kind=LotKind.BOUGHT)
        else:
            book.give_back(entry, part, source=account, lot_id=lot_id)

    returning = bonus * (before + nanos) // money - bonus * before // money if money else bonus
    if returning:
        assert top_up.bonus_lot_id
        book.give_back(entry, returning, source=LedgerAccount.EXPENSE_PROMOTION, lot_id=top_up.bonus_lot_id)


def taken(top_up: TopUp, taken_by: Sequence[UUID]) -> tuple[int, int]:
    """Nanos of money, from wallet or as debt, and of lapsed bonus that these transactions took."""
    accounts = [account_of(top_up).value, LedgerAccount.EXPENSE_PROMOTION.value]
    debited = sql.array([LedgerAccount.WALLET.value, LedgerAccount.DEBT.value])
    row = sql.fetch(TAKEN, [*accounts, top_up.customer_id, sql.array(list(taken_by)), debited])[0]
    return row.money, row.bonus


def _shares(
    top_up: TopUp, taken_by: Sequence[UUID], money: int, bonus: int
) -> Iterator[tuple[UUID | None, int]]:
    """What each lot gave of the money, the purchase's own first, and last what became debt."""
    gave = dict(sql.fetch_tuples(LOTS, [top_up.customer_id, sql.array(list(taken_by))]))
    if top_up.bonus_lot_id in gave:
        gave[top_up.bonus_lot_id] -= bonus
    own = [lot_id for lot_id in (top_up.lot_id, top_up.bonus_lot_id) if lot_id in gave]
    for lot_id in own + [lot_id for lot_id in gave if lot_id not in own]:
        yield lot_id, gave[lot_id]
    yield None, money - sum(gave.values())
