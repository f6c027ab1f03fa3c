"""Drawing a receipt of a top-up or of a refund, from its content alone."""

from typing import Any, Final

from reportlab.lib.units import mm  # type: ignore[import-untyped]

from billing.models import PaperKind
from billing.services.papers import amounts, sheet
from billing.services.papers.content import Content
from billing.services.papers.sheet import QUIET, STRONG, Ink, Story, gap, words
from billing.services.papers.words import WORDS, Words

_RIGHT: Final = Ink(right=True)
_MOST_LINES: Final = 8
_TOTAL: Final = Ink(size=12, bold=True)


def draw(content: Content, *, language: str | None = None) -> bytes:
    """The PDF, by default in the language of the paper. The same content makes the same bytes."""
    said = WORDS[language or content["language"]]
    kind = PaperKind.REFUND if "refund" in content else PaperKind.RECEIPT
    title = said.titles[kind]
    seller = content["seller"]

    story = [
        *sheet.head(title, seller["name"]),
        sheet.facts(_dates(content, said)),
        gap(7),
        sheet.side_by_side(_party(said.seller, seller, said), _party(said.buyer, content["buyer"], said)),
        gap(9),
        *_amounts(content, said, kind),
        gap(7),
        sheet.facts(_details(content, said)),
        gap(10),
        sheet.rule(),
        gap(3),
        words(f"{said.no_tax} {said.utc}", QUIET),
    ]
    return sheet.build(
        story,
        title=f"{title} {content['number']}",
        author=seller["name"],
        foot=" · ".join(part for part in (seller["name"], seller["email"], content["number"]) if part),
        page=said.page,
    )


def _dates(content: Content, said: Words) -> list[tuple[str, str]]:
    refund = content.get("refund")
    return [
        (said.number, content["number"]),
        (said.issued, amounts.day(content["issued_at"])),
        (said.paid, amounts.minute(content["top_up"]["paid_at"])),
        (said.refunded, amounts.minute(refund["refunded_at"]) if refund else ""),
        (said.of_receipt, content.get("receipt_number", "")),
    ]


def _party(heading: str, party: dict[str, Any], said: Words) -> Story:
    lines = [*_address(party["address"]), party.get("country", ""), party["email"]]
    if party["tax_id"]:
        lines.append(f"{said.tax_id}: {party['tax_id']}")
    return [words(heading, QUIET), words(party["name"], STRONG), *(words(line) for line in lines if line)]


def _address(address: str) -> list[str]:
    """Its lines; somebody's hundred short ones must not outgrow the page."""
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    return [*lines[:_MOST_LINES], " ".join(lines[_MOST_LINES:])]


def _amounts(content: Content, said: Words, kind: PaperKind) -> Story:
    is_refund = kind == PaperKind.REFUND
    amount = amounts.minor(content["amount_minor"], content["currency"])
    item = said.gone_back if is_refund else said.bought
    total = said.total_refunded if is_refund else said.total_paid
    rows = [
        [words(said.item, QUIET), words(said.amount, Ink(size=8.5, color=sheet.GREY, right=True))],
        [words(item), words(amount, _RIGHT)],
        [words(total, _TOTAL), words(f"{amount} {content['currency']}", Ink(size=12, bold=True, right=True))],
    ]
    return [sheet.table(rows, [sheet.WIDTH - 60 * mm, 60 * mm])]


def _details(content: Content, said: Words) -> list[tuple[str, str]]:
    top_up, refund = content["top_up"], content.get("refund")
    micros, bonus = top_up["cny_per_usd_micros"], content["bonus_nanos"]
    return [
        (said.credit_taken if refund else said.credit_added, amounts.usd(content["credit_nanos"])),
        (said.bonus_lapsed if refund else said.bonus_added, amounts.usd(bonus) if bonus else ""),
        (said.rate, said.rate_is.format(rate=amounts.rate(micros)) if micros else ""),
        (said.method, said.methods[top_up["method"]]),
        (said.payment, top_up["payment_id"]),
        (said.refund, refund["reference"] if refund else ""),
        (said.order, top_up["id"]),
    ]
