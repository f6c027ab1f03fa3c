"""Posting corrections: the correcting charges, their ledger transactions, daily totals and debts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from billing import sql
from billing.ledger.accounts import Entry, Owed
from billing.ledger.book import Book
from billing.models import DebtCause, LedgerAccount, TransactionKind
from usage.services.corrections import ids
from usage.services.corrections.give_back import Sources, Spent
from usage.services.corrections.standing import Difference, Standing, Told
from usage.services.settlement import limits

# A correction that is there already breaks the primary key, and the whole transaction with it: the standings
# that it was computed from were not read under the wallets' locks.
CHARGE = """
    with inserted as (
        insert into charge (customer_id, request_id, corrects, api_key_id, gateway_id, language_model_id,
                            price_version_id, input, output, cache_read, cache_write_5m, cache_write_1h,
                            web_search, amount_nanos, unpriced, outcome, evidence, reported_cost_nanos,
                            upstream_request_id, first_byte_ms, duration_ms, fingerprint, received_at,
                            ledger_transaction_id, charged_at)
        select customer_id, request_id, corrects, api_key_id, gateway_id, language_model_id,
               price_version_id, input, output, cache_read, cache_write_5m, cache_write_1h, web_search,
               amount_nanos, string_to_array(unpriced, ','), outcome, evidence, reported_cost_nanos,
               upstream_request_id, first_byte_ms, duration_ms, fingerprint, received_at,
               ledger_transaction_id, %s
          from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[],
                      %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[],
                      %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::int[],
                      %s::int[], %s::bytea[], %s::timestamptz[], %s::uuid[])
               as correction (customer_id, request_id, corrects, api_key_id, gateway_id, language_model_id,
                              price_version_id, input, output, cache_read, cache_write_5m, cache_write_1h,
                              web_search, amount_nanos, unpriced, outcome, evidence, reported_cost_nanos,
                              upstream_request_id, first_byte_ms, duration_ms, fingerprint, received_at,
                              ledger_transaction_id)
     returning *
    ), changed as (
        select customer_id, api_key_id, language_model_id,
               (uuid_extract_timestamp(request_id) at time zone 'UTC')::date as day_date,
               sum(input) as input, sum(output) as output, sum(cache_read) as cache_read,
               sum(cache_write_5m) as cache_write_5m, sum(cache_write_1h) as cache_write_1h,
               sum(web_search) as web_search, sum(amount_nanos) as amount_nanos
          from inserted
         group by 1, 2, 3, 4
    )
    update usage_daily daily
       set input = daily.input + coalesce(changed.input, 0),
           output = daily.output + coalesce(changed.output, 0),
           cache_read = daily.cache_read + coalesce(changed.cache_read, 0),
           cache_write_5m = daily.cache_write_5m + coalesce(changed.cache_write_5m, 0),
           cache_write_1h = daily.cache_write_1h + coalesce(changed.cache_write_1h, 0),
           web_search = daily.web_search + coalesce(changed.web_search, 0),
           amount_nanos = daily.amount_nanos + changed.amount_nanos
      from changed
     where daily.customer_id = changed.customer_id and daily.api_key_id = changed.api_key_id
       and daily.language_model_id = changed.language_model_id and daily.day_date = changed.day_date
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """What changes about a request, and why: `cause` is part of the correcting charges' ids."""

    standing: Standing
    differences: Sequence[Difference]
    told: Told
    cause: str

    @property
    def amount_nanos(self) -> int:
        return sum(difference.amount_nanos for difference in self.differences)

    @property
    def charge_ids(self) -> list[UUID]:
        return [self.charge_id(difference) for difference in self.differences]

    def charge_id(self, difference: Difference) -> UUID:
        return ids.of_correction(self.standing.key[1], self.cause, difference.price_version_id)


def post(book: Book, corrections: Sequence[Correction], *, author_id: UUID | None = None) -> None:
    """Charge corrections whose standings were read under `book`'s locks; the caller saves the book.

    Each is a ledger transaction of its own, which names the one that it corrects.
    """
    if not corrections:
        return

    entries = [uuid7() for _ in corrections]
    table = [row for each, entry in zip(corrections, entries, strict=True) for row in _rows(each, entry)]
    sql.run(CHARGE, [book.now, *sql.columns(table)])

    sources = Sources([_spent(each) for each in corrections if each.amount_nanos < 0])
    for correction, entry_id in zip(corrections, entries, strict=True):
        _move(book, correction, sources, entry_id=entry_id, author_id=author_id)
    limits.count(book, [(each.standing.key[0], row_id) for each in corrections for row_id in each.charge_ids])


def _rows(correction: Correction, entry_id: UUID) -> list[tuple[object, ...]]:
    standing, told = correction.standing, correction.told
    customer_id, request_id = standing.key
    return [
        (
            customer_id,
            correction.charge_id(difference),
            request_id,
            standing.api_key_id,
            standing.gateway_id,
            standing.language_model_id,
            difference.price_version_id,
            *difference.counts,
            difference.amount_nanos,
            ",".join(difference.unpriced) or None,
            told.outcome,
            told.evidence,
            told.reported_cost_nanos,
            told.upstream_request_id,
            told.first_byte_ms,
            told.duration_ms,
            told.fingerprint,
            told.received_at,
            entry_id,
        )
        for difference in correction.differences
    ]


def _move(
    book: Book, correction: Correction, sources: Sources, *, entry_id: UUID, author_id: UUID | None
) -> None:
    """Debit what is missing, as debt where credit is short, or give back what was too much."""
    entry = book.entry(
        correction.standing.key[0],
        TransactionKind.CORRECTION,
        reason=str(correction.standing.ledger_transaction_id),
        author_id=author_id,
        entry_id=entry_id,
    )
    amount = correction.amount_nanos
    if amount > 0:
        short = amount - book.debit(entry, amount, to=LedgerAccount.REVENUE_USAGE)
        if short:
            book.owe(entry, _causes(correction, short), to=LedgerAccount.REVENUE_USAGE)
    elif amount < 0:
        _give_back(book, entry, sources, _spent(correction), -amount)


def _give_back(book: Book, entry: Entry, sources: Sources, spent: Spent, amount: int) -> None:
    """To the lots that gave it; only what none gave, because it was owed, makes a lot of its own."""
    for part in sources.take(spent, amount):
        book.give_back(entry, part.amount, source=LedgerAccount.REVENUE_USAGE, lot_id=part.lot_id)
        amount -= part.amount
    if amount:
        kind = sources.kind_of_rest(spent[0])
        book.credit(entry, amount, source=LedgerAccount.REVENUE_USAGE, lot_kind=kind)


def _causes(correction: Correction, short: int) -> list[Owed]:
    """Lay the shortfall on the correcting charges that add to the request's amount."""
    causes = []
    for difference in correction.differences:
        part = min(short, max(difference.amount_nanos, 0))
        if part:
            gateway_id, charge_id = correction.standing.gateway_id, correction.charge_id(difference)
            causes.append(Owed(part, DebtCause.CORRECTION, gateway_id, charge_id))
            short -= part
    return causes


def _spent(correction: Correction) -> tuple[UUID, UUID]:
    return correction.standing.key[0], correction.standing.ledger_transaction_id
