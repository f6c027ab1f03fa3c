"""Text on papers, in any script: each character in a font that has it, and nothing in it is markup."""

import unicodedata
from functools import cache
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

LATIN: Final = "Helvetica"
BOLD: Final = "Helvetica-Bold"
# Readers bring this font themselves; it has Chinese, Greek and Cyrillic. It has no bold face.
CHINESE: Final = "STSong-Light"
# Comes with ReportLab, and with what Helvetica's character set lacks of the Latin script.
_WIDER: Final = "Vera"
_WIDER_BOLD: Final = "VeraBd"
_BOLD_OF: Final = {LATIN: BOLD, _WIDER: _WIDER_BOLD}
_UNKNOWN: Final = "?"


@cache
def register() -> None:
    """Make the fonts known to ReportLab, once in a process."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    for font in (_WIDER, _WIDER_BOLD):
        pdfmetrics.registerFont(TTFont(font, f"{font}.ttf"))


def markup(text: str, *, bold: bool = False) -> str:
    """`text` as a ReportLab paragraph's markup; line breaks are kept, other control characters dropped."""
    register()
    known = [_known(character) for character in _clean(text)]
    runs = groupby((pair for part in known for pair in part), key=lambda pair: pair[1])
    parts = []
    for font, characters in runs:
        run = escape("".join(character for character, _ in characters)).replace("\n", "<br/>")
        face = _BOLD_OF.get(font, font) if bold else font
        parts.append(f'<font name="{face}">{run}</font>')
    return "".join(parts)


def has_chinese(text: str) -> bool:
    """Whether lines may break between any two characters."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


def _clean(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c)[0] != "C")


def _known(character: str) -> list[tuple[str, str]]:
    """The character with its font; one that no font has becomes its plain letters, or a question mark."""
    if font := _font_of(character):
        return [(character, font)]
    plain = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    return [(c, font) if (font := _font_of(c)) else (_UNKNOWN, LATIN) for c in plain]


@cache
def _font_of(character: str) -> str | None:
    if character == "\n" or _has(character, "cp1252"):
        return LATIN
    if ord(character) in pdfmetrics.getFont(_WIDER).face.charToGlyph:
        return _WIDER
    return CHINESE if _has(character, "gbk") else None


def _has(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
