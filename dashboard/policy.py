"""What a browser may do with our pages: load our style sheet, and send forms to us and to providers."""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse

# A browser that follows our redirect to a checkout holds each address on the way against `form-action`.
_CHECKOUTS: Final = ("https://*.stripe.com", "https://*.alipay.com", "https://*.alipaydev.com")


def protect(response: HttpResponse) -> HttpResponse:
    """Nothing of others is loaded or run, nobody frames a page, and no page is kept by a browser or proxy."""
    response["Content-Security-Policy"] = _content_security_policy()
    response["Cache-Control"] = "no-store"
    return response


def _content_security_policy() -> str:
    targets = " ".join(["'self'", *_CHECKOUTS, *_configured()])
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {targets}"
    )


def _configured() -> list[str]:
    """The providers' stand-ins serve their checkouts where they serve their API."""
    addresses = (urlsplit(address) for address in (settings.STRIPE_API_BASE, settings.ALIPAY_GATEWAY))
    return [f"{address.scheme}://{address.netloc}" for address in addresses if address.netloc]
