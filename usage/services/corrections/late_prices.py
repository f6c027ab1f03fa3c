"""Late prices: meters that were used before they had a price are charged at a version that an operator names.

The charge's own version stays as it is for the other meters. Two correcting charges of one ledger transaction
move a meter: its count is taken off the old version, which never priced it, and put on the named one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing import sql
from billing.ledger.book import Book
from catalog import prices
from catalog.errors import UnknownPriceVersion
from catalog.rating import METERS, Counts, PriceSheet
from usage.errors import NotFound
from usage.services.corrections import ids, post, standing
from usage.services.corrections.post import Correction
from usage.services.corrections.standing import NOT_REPORTED, Key, Standing

BATCH = 200
BEFORE_ALL = UUID(int=0)

# In the order of the primary key, so that each batch goes on where the last one ended.
UNPRICED = """
    select customer_id, request_id, coalesce(corrects, request_id)
      from charge
     where (customer_id, request_id) > (%s, %s) and language_model_id = %s and unpriced is not null
     order by customer_id, request_id
     limit %s
"""


@dataclass(slots=True)
class LatePriced:
    """How many requests a late price changes, by how many nanos, and which units it prices."""

    price_version_id: int
    model: str
    requests: int = 0
    amount_nanos: int = 0
    units: Counter[str] = field(default_factory=Counter)
    keys_changed: bool = False

    def add(self, correction: Correction) -> None:
        self.requests += 1
        self.amount_nanos += correction.amount_nanos
        for difference in correction.differences:
            if difference.price_version_id == self.price_version_id:
                self.units.update({meter: n for meter, n in zip(METERS, difference.counts, strict=True) if n})


def preview(*, price_version_id: int) -> LatePriced:
    """Say what `price` would do now; raises `NotFound`."""
    sheet = _sheet(price_version_id)
    found = LatePriced(price_version_id, sheet.model)
    for keys in _batches(sheet):
        for correction in _corrections(keys, sheet):
            found.add(correction)
    return found


def price(*, price_version_id: int, now: datetime, author_id: UUID | None = None) -> LatePriced:
    """Charge what the version prices and the charges' own versions did not; raises `NotFound`.

    Safe to repeat: what has a price by then is left alone. Customers are charged batch after batch.
    """
    sheet = _sheet(price_version_id)
    done = LatePriced(price_version_id, sheet.model)
    for keys in _batches(sheet):
        if not _corrections(keys, sheet):
            continue
        with transaction.atomic():
            book = Book.lock((customer_id for customer_id, _ in keys), now=now)
            corrections = _corrections(keys, sheet)
            post.post(book, corrections, author_id=author_id)
            book.save()
        for correction in corrections:
            done.add(correction)
        done.keys_changed |= book.keys_changed
    return done


def _sheet(price_version_id: int) -> PriceSheet:
    try:
        return prices.sheet(price_version_id)
    except UnknownPriceVersion:
        raise NotFound(f"no price version {price_version_id}") from None


def _batches(sheet: PriceSheet) -> Iterator[list[Key]]:
    last: Key = (BEFORE_ALL, BEFORE_ALL)
    seen: set[Key] = set()
    while rows := sql.fetch_tuples(UNPRICED, [*last, sheet.model_id, BATCH]):
        keys = list(dict.fromkeys((row[0], row[2]) for row in rows))
        yield [key for key in keys if key not in seen]
        last = rows[-1][0], rows[-1][1]
        # Only what stands in the millisecond at which the batch ended can come again, with a correction.
        here = ids.span(last[1])
        seen = {key for key in (*seen, *keys) if key[0] == last[0] and here.first <= key[1] <= here.last}


def _corrections(keys: Sequence[Key], sheet: PriceSheet) -> list[Correction]:
    found = [_correction(each, sheet) for each in standing.read(keys).values()]
    return [correction for correction in found if correction is not None]


def _correction(found: Standing, sheet: PriceSheet) -> Correction | None:
    target: dict[int, list[int | None]] = {version: list(counts) for version, counts in found.counts.items()}
    priced = target.setdefault(sheet.version_id, list(NOT_REPORTED))
    moved = set()
    for version, counts in found.counts.items():
        for index in _priced_late(counts, prices.sheet(version), sheet):
            target[version][index] = None
            priced[index] = (priced[index] or 0) + (counts[index] or 0)
            moved.add(METERS[index])
    if not moved:
        return None
    return Correction(
        found, found.differences(target), found.told, f"late price of {','.join(sorted(moved))}"
    )


def _priced_late(counts: Counts, old: PriceSheet, new: PriceSheet) -> list[int]:
    """The positions of used meters that only the new version prices."""
    return [
        index
        for index, count in enumerate(counts)
        if count and not old.effective[index] and new.effective[index]
    ]
