"""The journal's SQL: each statement writes the rows of all customers of a book at once.

Lock order: `lock_wallets` comes first and locks in ascending customer id; everything else is below a wallet.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from billing import sql
from billing.ledger.accounts import Entry, LockedWallet, Lot, Movement, Owed
from billing.models import LotKind

LOCK_WALLETS = """
    select customer_id, balance_nanos, held_nanos, debt_nanos, last_seq, state_version, cut_off_at, last_seq
      from wallet
     where customer_id = any(%s::uuid[])
     order by customer_id
       for update
"""

LOCK_FREE_WALLETS = LOCK_WALLETS + " skip locked"

WRITE_WALLETS = """
    update wallet
       set balance_nanos = new.balance, held_nanos = new.held, debt_nanos = new.debt, last_seq = new.last_seq,
           state_version = new.state_version, cut_off_at = new.cut_off_at
      from unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                  %s::timestamptz[], %s::bigint[])
           as new (customer_id, balance, held, debt, last_seq, state_version, cut_off_at, locked_seq)
     where wallet.customer_id = new.customer_id
       and wallet.last_seq = new.locked_seq
"""

WRITE_ENTRIES = """
    insert into ledger_transaction (customer_id, id, kind, effect_key, reason, author_id, posted_at)
    select *, %s::timestamptz
      from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::uuid[])
"""

WRITE_MOVEMENTS = """
    insert into transfer (customer_id, ledger_transaction_id, position, debit_account, credit_account,
                          amount_nanos, wallet_seq, balance_after_nanos)
    select *
      from unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::smallint[], %s::smallint[],
                  %s::bigint[], %s::bigint[], %s::bigint[])
"""

WRITE_DEBTS = """
    insert into debt (customer_id, id, ledger_transaction_id, amount_nanos, cause, gateway_id, request_id,
                      incurred_at)
    select *, %s::timestamptz
      from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::text[], %s::bigint[], %s::uuid[])
"""

LOTS_WITH_CREDIT = """
    select customer_id, id, kind, amount_nanos, remaining_nanos, expires_at, created_at, ledger_transaction_id
      from credit_lot
     where customer_id = any(%s::uuid[]) and has_credit
"""

LOTS = """
    select lot.customer_id, lot.id, kind, amount_nanos, remaining_nanos, expires_at, created_at,
           ledger_transaction_id
      from unnest(%s::uuid[], %s::uuid[]) as wanted (customer_id, id)
      join credit_lot lot on lot.customer_id = wanted.customer_id and lot.id = wanted.id
"""

INSERT_LOTS = """
    insert into credit_lot (customer_id, id, kind, amount_nanos, remaining_nanos, expires_at, created_at,
                            ledger_transaction_id)
    select *
      from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                  %s::timestamptz[], %s::uuid[])
"""

UPDATE_LOTS = """
    update credit_lot
       set remaining_nanos = new.remaining
      from unnest(%s::uuid[], %s::uuid[], %s::bigint[]) as new (customer_id, id, remaining)
     where credit_lot.customer_id = new.customer_id and credit_lot.id = new.id
"""

WRITE_LOT_MOVEMENTS = """
    insert into lot_movement (customer_id, lot_id, ledger_transaction_id, amount_nanos)
    select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[])
"""

WRITE_OUTBOX = """
    insert into outbox (customer_id, state_version, created_at)
    select *, %s::timestamptz from unnest(%s::uuid[], %s::bigint[])
"""


def lock_wallets(customer_ids: Sequence[UUID]) -> dict[UUID, LockedWallet]:
    """Lock and read wallets; `customer_ids` are sorted and each has a wallet."""
    found = {row[0]: LockedWallet(*row) for row in sql.fetch_tuples(LOCK_WALLETS, [sql.array(customer_ids)])}
    assert len(found) == len(customer_ids), "every customer has a wallet"
    return found


def lock_free_wallets(customer_ids: Sequence[UUID]) -> dict[UUID, LockedWallet]:
    """Lock and read those wallets that are not locked; `customer_ids` are sorted."""
    found = sql.fetch_tuples(LOCK_FREE_WALLETS, [sql.array(customer_ids)])
    return {row[0]: LockedWallet(*row) for row in found}


def write_wallets(wallets: Collection[LockedWallet]) -> None:
    if not wallets:
        return

    table = [
        (w.customer_id, w.balance, w.held, w.debt, w.last_seq, w.state_version, w.cut_off_at, w.locked_seq)
        for w in wallets
    ]
    written = sql.run(WRITE_WALLETS, sql.columns(table))
    assert written == len(wallets), "a wallet changed without its lock"


def write_entries(entries: Sequence[Entry], *, posted_at: datetime) -> None:
    if not entries:
        return

    table = [(e.customer_id, e.id, e.kind.value, e.effect_key, e.reason, e.author_id) for e in entries]
    sql.run(WRITE_ENTRIES, [posted_at, *sql.columns(table)])


def write_movements(movements: Sequence[Movement]) -> None:
    if not movements:
        return

    table = [
        (
            m.entry.customer_id,
            m.entry.id,
            m.position,
            m.debit.value,
            m.credit.value,
            m.amount,
            m.wallet_seq,
            m.balance_after,
        )
        for m in movements
    ]
    sql.run(WRITE_MOVEMENTS, sql.columns(table))


def write_debts(owed: Sequence[tuple[Entry, Owed]], *, incurred_at: datetime) -> None:
    if not owed:
        return

    table = [
        (
            entry.customer_id,
            uuid7(),
            entry.id,
            debt.amount,
            debt.cause.value,
            debt.gateway_id,
            debt.request_id,
        )
        for entry, debt in owed
    ]
    sql.run(WRITE_DEBTS, [incurred_at, *sql.columns(table)])


def lots_with_credit(customer_ids: Sequence[UUID]) -> dict[UUID, list[Lot]]:
    """The lots that still have credit, by customer; the wallets' locks protect them."""
    if not customer_ids:
        return {}
    return _lots_by_customer(sql.fetch_tuples(LOTS_WITH_CREDIT, [sql.array(customer_ids)]))


def lots_of(wanted: Collection[tuple[UUID, UUID]]) -> dict[UUID, list[Lot]]:
    """Lots by `(customer_id, id)`, spent ones too, by customer."""
    return _lots_by_customer(sql.fetch_tuples(LOTS, sql.columns(sorted(wanted)))) if wanted else {}


def _lots_by_customer(found: Iterable[tuple[Any, ...]]) -> dict[UUID, list[Lot]]:
    lots: dict[UUID, list[Lot]] = {}
    for customer_id, lot_id, kind, *rest in found:
        lots.setdefault(customer_id, []).append(Lot(lot_id, LotKind(kind), *rest))
    return lots


def write_lots(lots: Iterable[tuple[UUID, Lot]]) -> None:
    """Insert new lots, update the others, and record what each ledger transaction moved."""
    lots = list(lots)
    new = [
        (c, lot.id, lot.kind.value, lot.amount, lot.remaining, lot.expires_at, lot.created_at, lot.entry_id)
        for c, lot in lots
        if lot.is_new
    ]
    old = [(c, lot.id, lot.remaining) for c, lot in lots if not lot.is_new]
    movements = [
        (c, lot.id, entry, amount) for c, lot in lots for entry, amount in lot.given.items() if amount
    ]
    for statement, table in ((INSERT_LOTS, new), (UPDATE_LOTS, old), (WRITE_LOT_MOVEMENTS, movements)):
        if table:
            sql.run(statement, sql.columns(table))


def write_outbox(wallets: Sequence[LockedWallet], *, now: datetime) -> None:
    if wallets:
        sql.run(WRITE_OUTBOX, [now, *sql.columns([(w.customer_id, w.state_version) for w in wallets])])
