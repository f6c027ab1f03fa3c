"""QR codes on our own pages, drawn here: what is in them is nobody else's business."""

import segno
from django.utils.safestring import SafeString, mark_safe


def svg(text: str) -> SafeString:
    """Dark on white in every theme, with the quiet zone that scanners need."""
    drawn = segno.make(text, micro=False, error="m").svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by segno, which puts no text of others into it.
