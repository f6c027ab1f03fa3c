"""The look of all papers: A4, one column, quiet. The same content makes the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from reportlab.lib.colors import Color, HexColor  # type: ignore[import-untyped]
from reportlab.lib.enums import TA_LEFT, TA_RIGHT  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    Flowable,
    HRFlowable,
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from billing.services.papers import text
from billing.services.papers.page_numbers import numbered

INK: Final = HexColor("#1a1a1a")
GREY: Final = HexColor("#6b6b6b")
LINE: Final = HexColor("#d4d4d4")
MARGIN: Final = 20 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
# ReportLab's own, inside the margins.
_FRAME: Final = 6
_FLUSH: Final = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
_SMALL: Final = 8.5
_TOP: Final = ("VALIGN", (0, 0), (-1, -1), "TOP")

Story = list[Flowable]


@dataclass(frozen=True, slots=True)
class Ink:
    """How a piece of text looks."""

    size: float = 9.5
    bold: bool = False
    color: Color = INK
    right: bool = False


PLAIN: Final = Ink()
QUIET: Final = Ink(size=8.5, color=GREY)
STRONG: Final = Ink(bold=True)


def words(content: str, ink: Ink = PLAIN) -> Flowable:
    style = ParagraphStyle(
        "words",
        fontName=text.LATIN,
        fontSize=ink.size,
        leading=ink.size * 1.45,
        textColor=ink.color,
        alignment=TA_RIGHT if ink.right else TA_LEFT,
        wordWrap="CJK" if text.has_chinese(content) else None,
        splitLongWords=1,
    )
    return Paragraph(text.markup(content, bold=ink.bold), style)


def gap(millimetres: float) -> Flowable:
    return Spacer(1, millimetres * mm)


def rule() -> Flowable:
    return HRFlowable(width="100%", thickness=0.6, color=LINE, spaceBefore=0, spaceAfter=0)


def head(title: str, seller: str) -> Story:
    """What it is, and whose."""
    cells = [[words(title, Ink(size=20, bold=True)), words(seller, Ink(size=11, bold=True, right=True))]]
    row = Table(cells, colWidths=[WIDTH / 2] * 2, style=[*_FLUSH, ("VALIGN", (0, 0), (-1, -1), "BOTTOM")])
    return [row, gap(3), rule(), gap(5)]


def facts(pairs: Sequence[tuple[str, str]], *, width: float = WIDTH) -> Flowable:
    """Names with their values; a pair without a value is left out."""
    rows = [[words(name, QUIET), words(value)] for name, value in pairs if value]
    style = [*_FLUSH, _TOP, ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]
    return Table(rows, colWidths=[40 * mm, width - 40 * mm], style=style, hAlign="LEFT")


def side_by_side(*columns: Story) -> Flowable:
    style = [*_FLUSH, _TOP, ("RIGHTPADDING", (0, 0), (-2, -1), 6 * mm)]
    return Table([list(columns)], colWidths=[WIDTH / len(columns)] * len(columns), style=style)


def table(rows: Sequence[Sequence[Flowable]], widths: Sequence[float]) -> Flowable:
    """Rows under a heading, which is repeated on each page."""
    style: list[tuple[Any, ...]] = [
        *_FLUSH,
        _TOP,
        ("LEFTPADDING", (1, 0), (-1, -1), 2 * mm),
        ("TOPPADDING", (0, 0), (-1, -1), 1.4 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.4 * mm),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
    ]
    return Table(rows, colWidths=widths, style=style, repeatRows=1)


def columns(rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Flowable:
    """Many rows of text below a heading: date, what it is, and numbers to the right of it.

    The first and the last row under the heading are balances. What a cell says in its second line is quiet.
    """
    style: list[tuple[Any, ...]] = [
        *_FLUSH,
        _TOP,
        ("FONT", (0, 0), (-1, -1), text.LATIN, _SMALL, _SMALL * 1.45),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
        ("TOPPADDING", (0, 0), (-1, -1), 1 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1 * mm),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
        *[("FONT", (0, row), (-1, row), text.BOLD, _SMALL, _SMALL * 1.45) for row in (1, -1)],
    ]
    heading, *others = rows
    cells: list[list[Flowable | str]] = [
        [words(name, Ink(size=_SMALL, color=GREY, right=at > 1)) for at, name in enumerate(heading)]
    ]
    bold = {0, len(others) - 1}
    for row, (day, item, *numbers) in enumerate(others):
        cells.append([day, _two_lines(item, bold=row in bold), *numbers])
    return LongTable(cells, colWidths=list(widths), style=style, repeatRows=1)


def _two_lines(item: str, *, bold: bool) -> list[Flowable]:
    first, *second = item.split("\n", 1)
    return [
        words(first, Ink(size=_SMALL, bold=bold)),
        *(words(more, Ink(size=_SMALL - 1, color=GREY)) for more in second),
    ]


def build(story: Story, *, title: str, author: str, foot: str, page: str) -> bytes:
    """Lay the story out. `foot` stands below each page, beside `page`, which names `{page}` and `{pages}`."""
    text.register()
    made = BytesIO()
    document = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=MARGIN - _FRAME,
        rightMargin=MARGIN - _FRAME,
        topMargin=18 * mm,
        bottomMargin=22 * mm,
        title=title,
        author=author,
        creator=author,
        invariant=1,
    )
    document.build(story, canvasmaker=numbered(lambda number, of: _foot(foot, page, number, of)))
    return made.getvalue()


def _foot(foot: str, page: str, number: int, pages: int) -> Flowable:
    numbers = words(page.format(page=number, pages=pages), Ink(size=8, color=GREY, right=True))
    cells = [[words(foot, Ink(size=8, color=GREY)), numbers]]
    return Table(cells, colWidths=[WIDTH * 0.7, WIDTH * 0.3], style=[*_FLUSH, _TOP])
