"""Feet of pages that know how many pages there are, which only the last page tells."""

from collections.abc import Callable
from typing import Any, Final

from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import Flowable  # type: ignore[import-untyped]

FOOT_AT: Final = 10 * mm
LEFT: Final = 20 * mm
MOST_HIGH: Final = 12 * mm

Foot = Callable[[int, int], Flowable]


def numbered(foot: Foot) -> Callable[..., Canvas]:
    """Make canvases that draw `foot(page, pages)` below each page, once all pages are there."""

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._waiting: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (ReportLab's name)
            self._waiting.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._waiting, start=1):
                self.__dict__.update(page)
                drawn = foot(number, len(self._waiting))
                width = self._pagesize[0] - 2 * LEFT
                drawn.wrapOn(self, width, MOST_HIGH)
                drawn.drawOn(self, LEFT, FOOT_AT)
                super().showPage()
            super().save()

    return Numbered
