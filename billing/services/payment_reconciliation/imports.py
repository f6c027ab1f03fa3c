"""Keeping a provider's lines as its books had them, once each."""

from collections.abc import Sequence
from datetime import datetime

from billing import sql
from billing.models import ProviderLine
from billing.payments.protocol import Line, PaymentProvider
from billing.services.payment_reconciliation.days import Day

INSERT = """
    insert into provider_line (provider, line_id, day_date, kind, happened_at, gross_minor, fee_minor,
                               currency, source_id, payment_id, reference, imported_at)
    select %(provider)s, line.line_id, %(day)s, line.kind, line.happened_at, line.gross_minor, line.fee_minor,
           line.currency, line.source_id, line.payment_id, line.reference, %(now)s
      from unnest(%(ids)s::text[], %(kinds)s::text[], %(moments)s::timestamptz[], %(gross)s::bigint[],
                  %(fees)s::bigint[], %(currencies)s::text[], %(sources)s::text[], %(payments)s::text[],
                  %(references)s::text[])
           as line (line_id, kind, happened_at, gross_minor, fee_minor, currency, source_id, payment_id,
                    reference)
     order by line.line_id
        on conflict do nothing
"""


def import_day(provider: PaymentProvider, day: Day, *, now: datetime) -> list[ProviderLine]:
    """Fetch a day's lines and return all that are kept of it, those of an earlier import too.

    Called outside any transaction; raises what the provider raises.
    """
    _keep(day, provider.lines(day.date), now=now)
    kept = ProviderLine.objects.filter(provider=day.provider, day_date=day.date)
    return list(kept.order_by("happened_at", "line_id"))


def _keep(day: Day, lines: Sequence[Line], *, now: datetime) -> None:
    if not lines:
        return

    table = [
        (
            line.line_id,
            line.kind.value,
            line.happened_at,
            line.gross_minor,
            line.fee_minor,
            line.currency,
            line.source_id or "",
            line.payment_id or "",
            line.reference or "",
        )
        for line in lines
    ]
    names = ("ids", "kinds", "moments", "gross", "fees", "currencies", "sources", "payments", "references")
    arrays = dict(zip(names, sql.columns(table), strict=True))
    sql.run(INSERT, {**arrays, "provider": day.provider.value, "day": day.date, "now": now})
