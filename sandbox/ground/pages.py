"""The frame of the pages that a person sees at a stand-in: no script, light and dark, wide and narrow."""

from html import escape
from pathlib import Path

from aiohttp import web

STYLE = (Path(__file__).parent / "pages.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action *"


def page(*, title: str, body: str, provider: str, accent: str, status: int = 200) -> web.Response:
    """A page; `body` is HTML whose values are escaped already, `accent` a CSS colour."""
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>:root {{ --accent: {accent}; }}
{STYLE}</style>
</head>
<body>
<p class="notice">Sandbox of {escape(provider)}: no real money moves here.</p>
<main>{body}</main>
</body>
</html>
"""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)
