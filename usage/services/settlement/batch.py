"""Charging one batch of claimed events: the body of the settling transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from billing import sql
from billing.ledger.accounts import Owed
from billing.ledger.book import Book
from billing.models import DebtCause, LedgerAccount, TransactionKind
from billing.request_keys import RequestKeys
from billing.services.holds import end
from usage.errors import Unrateable
from usage.services.settlement import charges, limits, rate, rows
from usage.services.settlement.rate import Rated
from usage.services.settlement.rows import Claimed


@dataclass(frozen=True, slots=True)
class Settled:
    """How many events left the inbox, how many became charges, and whether key states changed.

    `waiting`: how many were claimed and left, because somebody kept their wallets locked.
    """

    events: int
    charges: int
    keys_changed: bool
    waiting: int = 0

    def and_then(self, other: "Settled") -> "Settled":
        return Settled(
            self.events + other.events,
            self.charges + other.charges,
            self.keys_changed or other.keys_changed,
            self.waiting + other.waiting,
        )


NOTHING = Settled(events=0, charges=0, keys_changed=False)


def settle(events: Sequence[Claimed], book: Book) -> Settled:
    """Charge locked events inside the caller's transaction; `book` has their customers' wallets locked.

    Exactly once is the charge's primary key: everything that is debited or given back is summed over the
    charges that its INSERT returned.
    """
    keys = RequestKeys(event.key for event in events)
    rated = _rate(events, keys)
    entry_ids = {customer_id: uuid7() for customer_id in book.wallets}
    new = charges.insert(_keys_of(rated, keys), _columns(rated, entry_ids), now=book.now)

    charged = [item for position, item in enumerate(rated) if position in new]
    held = [item for item in charged if item.set_aside is not None]
    ended = end.settle(book, _keys_of(held, keys))
    assert ended == len(held), "a charge's open hold ends with it"
    _debit(book, charged, entry_ids)
    limits.count(book, (item.event.key for item in charged))
    book.save()

    repeated = [item.event.key for position, item in enumerate(rated) if position not in new]
    rows.keep_conflicts(repeated)
    rows.empty_inbox(keys)
    return Settled(len(events), len(charged), book.keys_changed)


def _rate(events: Sequence[Claimed], keys: RequestKeys) -> list[Rated]:
    rated, failed = [], []
    for event, hold in zip(events, rows.holds_of(keys), strict=True):
        try:
            rated.append(rate.event(event, hold))
        except Unrateable as error:
            failed.append((*event.key, error.code, error.detail))
    rows.quarantine(failed)
    return rated


def _keys_of(some: Sequence[Rated], keys: RequestKeys) -> RequestKeys:
    """The keys of some of a batch, made anew where it is not the whole batch."""
    return keys if len(some) == len(keys) else RequestKeys(item.event.key for item in some)


def _columns(rated: Sequence[Rated], entry_ids: Mapping[UUID, UUID]) -> list[object]:
    """What a charge has beside its event, column by column: no row is made to be taken apart again."""
    columns: tuple[Sequence[object], ...] = (
        [entry_ids[item.event.customer_id] for item in rated],
        [item.sheet.version_id for item in rated],
        [item.amount_nanos for item in rated],
        [item.set_aside for item in rated],
        [",".join(item.unpriced) or None for item in rated],
    )
    return [sql.array(column) for column in columns]


def _debit(book: Book, charged: Sequence[Rated], entry_ids: dict[UUID, UUID]) -> None:
    """Debit each customer once for all its charges; what is short becomes debt with its causes."""
    by_customer: dict[UUID, list[Rated]] = defaultdict(list)
    for item in charged:
        by_customer[item.event.customer_id].append(item)

    for customer_id, items in by_customer.items():
        entry = book.entry(customer_id, TransactionKind.USAGE, entry_id=entry_ids[customer_id])
        total = sum(item.amount_nanos for item in items)
        short = total - book.debit(entry, total, to=LedgerAccount.REVENUE_USAGE)
        if short:
            book.owe(entry, _causes(items, short), to=LedgerAccount.REVENUE_USAGE)


def _causes(items: Sequence[Rated], short: int) -> list[Owed]:
    """Lay the shortfall on the requests that went above their holds, the latest first.

    Credit that other holds had set aside is never touched, so the excesses always cover it.
    """
    causes = []
    for item in sorted(items, key=lambda item: item.event.request_id, reverse=True):
        part = min(short, item.excess)
        if part:
            causes.append(Owed(part, _cause(item), item.event.gateway_id, item.event.request_id))
            short -= part
    assert short == 0, "more is owed than was used above the holds"
    return causes


def _cause(item: Rated) -> DebtCause:
    if item.set_aside is not None:
        return DebtCause.ABOVE_BOUNDS
    if item.hold and item.hold.state != "refused":
        return DebtCause.HOLD_ENDED
    return DebtCause.NO_HOLD
