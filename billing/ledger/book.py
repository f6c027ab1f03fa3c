"""One money transaction: lock wallets, decide on what was read after the lock, write everything at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from billing import cut_off
from billing.ledger import rows
from billing.ledger.accounts import Entry, LockedWallet, Lot, Movement, Owed, Take
from billing.ledger.counters import KeyCounters
from billing.models import LedgerAccount, LotKind, TransactionKind


class Book:
    """The unit of work of every change to a wallet, for one customer or for a whole batch.

    `lock` takes the wallets' row locks in ascending id, the only lock order there is. The verbs change the
    locked wallets in memory; `save` repays debt from credit that became free, chooses lots, judges the
    cut-off and writes. The database's constraints check the result once more.
    """

    def __init__(self, wallets: dict[UUID, LockedWallet], *, now: datetime) -> None:
        self.now = now
        self.wallets = wallets
        self._entries: list[Entry] = []
        self._last_entry: dict[UUID, Entry] = {}
        self._movements: list[Movement] = []
        self._owed: list[tuple[Entry, Owed]] = []
        self._takes: dict[UUID, list[Take]] = {}
        self._new_lots: dict[UUID, list[Lot]] = {}
        self._returns: dict[UUID, list[tuple[UUID, int, UUID]]] = {}
        self._counters: KeyCounters | None = None

    @classmethod
    def lock(cls, customer_ids: Iterable[UUID], *, now: datetime) -> "Book":
        """Lock the wallets of `customer_ids` until the surrounding transaction ends."""
        assert connection.in_atomic_block, "a book is kept inside a transaction"
        return cls(rows.lock_wallets(sorted(set(customer_ids))), now=now)

    @classmethod
    def lock_free(cls, customer_ids: Iterable[UUID], *, now: datetime) -> "Book":
        """Lock those wallets that nobody else has locked, without waiting; the others are not in the book."""
        assert connection.in_atomic_block, "a book is kept inside a transaction"
        return cls(rows.lock_free_wallets(sorted(set(customer_ids))), now=now)

    def entry(
        self,
        customer_id: UUID,
        kind: TransactionKind,
        *,
        effect_key: str | None = None,
        reason: str = "",
        author_id: UUID | None = None,
        entry_id: UUID | None = None,
    ) -> Entry:
        """Open a ledger transaction, to which the next transfers of this customer belong."""
        assert customer_id in self.wallets
        entry = Entry(customer_id, entry_id or uuid7(), kind, effect_key, reason, author_id)
        self._entries.append(entry)
        self._last_entry[customer_id] = entry
        return entry

    @property
    def counters(self) -> KeyCounters:
        """The counters of the customers' limited keys, read when they are first asked for."""
        if self._counters is None:
            self._counters = KeyCounters.read(self.wallets)
        return self._counters

    def end_hold(self, customer_id: UUID, amount: int, *, api_key_id: UUID, key_period: date | None) -> None:
        """Give back what a hold had set aside; negative amounts set more aside.

        `key_period` is the period of its key's limit that it counts in, None where the key has no limit.
        """
        self.wallets[customer_id].held -= amount
        if key_period is not None:
            self.counters.end_hold(customer_id, api_key_id, key_period, amount)

    def debit(self, entry: Entry, amount: int, *, to: LedgerAccount, lot_id: UUID | None = None) -> int:
        """Take `amount` nanos, at most what is available, and return what was taken.

        Lots give in spending order, or `lot_id` alone gives.
        """
        return self._take(entry, amount, to, lot_id=lot_id)

    def take_back(self, entry: Entry, amount: int, *, to: LedgerAccount, lots: Sequence[UUID]) -> int:
        """Take bought credit back, at most what is available, and return what was taken.

        `lots`, the purchase's own and its bonus, give first; then other bought ones by age, then promotional.
        """
        return self._take(entry, amount, to, reverses=tuple(lots))

    def between(self, entry: Entry, amount: int, *, debit: LedgerAccount, credit: LedgerAccount) -> None:
        """Move `amount` nanos of their currency between two accounts of the house."""
        assert not {debit, credit} & {LedgerAccount.WALLET, LedgerAccount.DEBT}
        self._move(entry, debit, credit, amount)

    def owe(self, entry: Entry, causes: Sequence[Owed], *, to: LedgerAccount) -> None:
        """Record what could not be debited as debt, one row for each cause."""
        for owed in causes:
            self._move(entry, LedgerAccount.DEBT, to, owed.amount)
            self.wallets[entry.customer_id].debt += owed.amount
            self._owed.append((entry, owed))

    def credit(
        self,
        entry: Entry,
        amount: int,
        *,
        source: LedgerAccount,
        lot_kind: LotKind,
        expires_at: datetime | None = None,
    ) -> UUID:
        """Add `amount` nanos as a new lot and return the lot's id."""
        self._move(entry, source, LedgerAccount.WALLET, amount)
        lot = Lot(uuid7(), lot_kind, amount, 0, expires_at, self.now, entry.id, is_new=True)
        lot.move(entry.id, amount)
        self._new_lots.setdefault(entry.customer_id, []).append(lot)
        return lot.id

    def give_back(self, entry: Entry, amount: int, *, source: LedgerAccount, lot_id: UUID) -> None:
        """Add `amount` nanos to the lot that gave them; it keeps its kind and expiry."""
        self._move(entry, source, LedgerAccount.WALLET, amount)
        self._returns.setdefault(entry.customer_id, []).append((entry.id, amount, lot_id))

    def touch_keys(self, customer_id: UUID) -> None:
        """Publish the customer's key states again, with a higher version."""
        self.wallets[customer_id].keys_changed = True

    def judge_keys(self) -> None:
        """Have `save` judge the limited keys even where nothing counts against their limits."""
        self._counters = self.counters

    def save(self) -> None:
        """Repay debt, spend lots, judge cut-offs, write."""
        self._save_counters()
        for wallet in self.wallets.values():
            self._repay(wallet)
            self._judge(wallet)

        lots = self._spend_lots()
        rows.write_wallets(self.wallets.values())
        rows.write_entries(self._entries, posted_at=self.now)
        rows.write_movements(self._movements)
        rows.write_debts(self._owed, incurred_at=self.now)
        rows.write_lots(lots)
        rows.write_outbox([w for w in self.wallets.values() if w.keys_changed], now=self.now)

    @property
    def keys_changed(self) -> bool:
        """Whether some key may do more or less than before, so that the publisher has work."""
        return any(wallet.keys_changed for wallet in self.wallets.values())

    def _take(
        self,
        entry: Entry,
        amount: int,
        to: LedgerAccount,
        *,
        lot_id: UUID | None = None,
        reverses: tuple[UUID, ...] | None = None,
    ) -> int:
        taken = min(amount, self.wallets[entry.customer_id].available)
        if taken <= 0:
            return 0

        self._move(entry, LedgerAccount.WALLET, to, taken)
        take = Take(entry.id, taken, lot_id, reverses)
        self._takes.setdefault(entry.customer_id, []).append(take)
        return taken

    def _move(self, entry: Entry, debit: LedgerAccount, credit: LedgerAccount, amount: int) -> None:
        wallet = self.wallets[entry.customer_id]
        seq = balance_after = None
        if LedgerAccount.WALLET in (debit, credit):
            wallet.balance += amount if credit == LedgerAccount.WALLET else -amount
            wallet.last_seq += 1
            seq, balance_after = wallet.last_seq, wallet.balance
        self._movements.append(Movement(entry, entry.positions, debit, credit, amount, seq, balance_after))
        entry.positions += 1

    def _repay(self, wallet: LockedWallet) -> None:
        due = min(wallet.debt, wallet.available)
        if due <= 0:
            return

        entry = self._last_entry.get(wallet.customer_id) or self.entry(
            wallet.customer_id, TransactionKind.DEBT_REPAYMENT
        )
        wallet.debt -= self.debit(entry, due, to=LedgerAccount.DEBT)

    def _save_counters(self) -> None:
        if self._counters is not None:
            for customer_id in self._counters.judge(self.now):
                self.touch_keys(customer_id)
            self._counters.write()

    def _judge(self, wallet: LockedWallet) -> None:
        since = cut_off.judge(
            balance_nanos=wallet.balance, debt_nanos=wallet.debt, cut_off_at=wallet.cut_off_at, now=self.now
        )
        if (since is None) != (wallet.cut_off_at is None):
            wallet.keys_changed = True
        wallet.cut_off_at = since
        wallet.state_version += wallet.keys_changed

    def _spend_lots(self) -> list[tuple[UUID, Lot]]:
        changed: list[tuple[UUID, Lot]] = []
        stored = rows.lots_with_credit(list(self._takes))
        returned = self._return_to_lots(stored)
        for customer_id in self._takes.keys() | self._new_lots.keys() | returned.keys():
            lots = stored.get(customer_id, []) + returned.get(customer_id, [])
            lots += self._new_lots.get(customer_id, [])
            if len(lots) > 1:
                lots.sort(key=lambda lot: lot.spending_order)
            for take in self._takes.get(customer_id, ()):
                left = take.amount
                for lot in take.chooses(lots):
                    given = min(left, lot.remaining)
                    if given > 0:
                        lot.move(take.entry_id, -given)
                        left -= given
                assert left == 0, "lots hold less than the balance"
            changed += [(customer_id, lot) for lot in lots if lot.given]
        return changed

    def _return_to_lots(self, stored: Mapping[UUID, Sequence[Lot]]) -> dict[UUID, list[Lot]]:
        """Give back what is to go to lots, and return those lots that are not among the `stored` ones."""
        known = {(c, lot.id): lot for c, lots in stored.items() for lot in lots}
        wanted = {(c, lot_id) for c, parts in self._returns.items() for _, _, lot_id in parts}
        returned = rows.lots_of(wanted - known.keys())
        known |= {(c, lot.id): lot for c, lots in returned.items() for lot in lots}
        for customer_id, parts in self._returns.items():
            for entry_id, amount, lot_id in parts:
                known[customer_id, lot_id].move(entry_id, amount)
        return returned
