"""Drawing a statement: what there was, each line, what there is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from reportlab.lib.units import mm  # type: ignore[import-untyped]

from accounts.models import Customer
from billing.errors import Unacceptable
from billing.models import BillingDetails, Language
from billing.services.papers import amounts, sheet
from billing.services.papers.sheet import QUIET, gap, words
from usage.services.statement_papers.months import Month
from usage.services.statement_papers.words import WORDS, Words
from usage.services.statements import Line, Statement

# Some fifty pages, a second or two to draw; who has more wants the CSV.
MOST_LINES: Final = 1_000
_LONGEST: Final = 100
_DATES: Final = 20 * mm
_NUMBERS: Final = (30 * mm, 30 * mm, 32 * mm)
_WIDTHS: Final = (_DATES, sheet.WIDTH - _DATES - sum(_NUMBERS), *_NUMBERS)


def draw(found: Statement, *, month: Month, now: datetime, language: str | None = None) -> bytes:
    """The PDF, by default in the language of the billing details.

    Raises `Unacceptable` for one with more than `MOST_LINES`.
    """
    if len(found.lines) > MOST_LINES:
        raise Unacceptable(f"has more than {MOST_LINES} lines; fetch the CSV", code="too_long", field="month")

    details = BillingDetails.objects.filter(customer_id=found.customer_id).first()
    said = WORDS[language or (details.language if details else Language.ENGLISH.value)]
    buyer = (details.name if details else "") or Customer.objects.get(id=found.customer_id).name
    title = f"{said.title} {month}"
    story = [
        *sheet.head(said.title, settings.SELLER_NAME),
        sheet.facts(_facts(found, said, buyer, now)),
        gap(6),
        sheet.columns(list(_rows(found, said)), _WIDTHS),
        gap(6),
        words(said.exact if found.lines else said.nothing, QUIET),
    ]
    if now < found.until:
        story.append(words(said.so_far, QUIET))
    foot = " · ".join(part for part in (settings.SELLER_NAME, settings.SELLER_EMAIL, title) if part)
    return sheet.build(story, title=title, author=settings.SELLER_NAME, foot=foot, page=said.page)


def _facts(found: Statement, said: Words, buyer: str, now: datetime) -> list[tuple[str, str]]:
    last_day = found.until - timedelta(days=1)
    owed = found.closing_owed_nanos
    return [
        (said.account, buyer),
        (said.period, f"{amounts.day(found.since)} – {amounts.day(last_day)}"),  # noqa: RUF001 (from - to)
        (said.made, amounts.minute(now)),
        (said.opening, amounts.usd(found.opening_balance_nanos)),
        (said.credited, amounts.usd(sum(line.in_nanos for line in found.lines))),
        (said.debited, amounts.usd(sum(line.out_nanos for line in found.lines))),
        (said.closing, amounts.usd(found.closing_balance_nanos)),
        (said.owed, amounts.usd(owed) if owed else ""),
    ]


def _rows(found: Statement, said: Words) -> Iterator[list[str]]:
    moved = [amount for line in found.lines for amount in (line.in_nanos, line.out_nanos)]
    places = amounts.places_of([found.opening_balance_nanos, *moved])

    def number(nanos: int) -> str:
        return amounts.plain_usd(nanos, places=places)

    yield [said.date, said.item, *said.columns]
    yield ["", said.opening, "", "", number(found.opening_balance_nanos)]
    for line in found.lines:
        sums = [number(nanos) if nanos else "" for nanos in (line.in_nanos, line.out_nanos)]
        yield [line.day_date.isoformat(), _item(line, said), *sums, number(line.balance_after_nanos)]
    yield ["", said.closing, "", "", number(found.closing_balance_nanos)]


def _item(line: Line, said: Words) -> str:
    kind = said.kinds.get(line.kind, line.kind)
    if line.model:
        return f"{kind}\n{said.requests.format(model=line.model, requests=f'{line.requests or 0:,}')}"
    reason = line.reason if len(line.reason) <= _LONGEST else f"{line.reason[: _LONGEST - 1]}…"
    return f"{kind}\n{reason}" if reason else kind
