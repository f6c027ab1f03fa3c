"""What kind of browser asks, as far as it says so itself; only the look of a checkout depends on it."""

from django.http import HttpRequest

from billing.payments.names import Method, ProviderName


def method_of(request: HttpRequest, provider: str, *, asked: str) -> str:
    """How a customer pays with this provider here; `asked` is what the pressed button says."""
    if provider != ProviderName.ALIPAY:
        return Method.CHECKOUT
    if asked == Method.QR:
        return Method.QR
    return Method.WAP if _is_phone(request) else Method.PAGE


def _is_phone(request: HttpRequest) -> bool:
    hint = request.headers.get("Sec-CH-UA-Mobile", "")
    return hint == "?1" or (not hint and "Mobi" in request.headers.get("User-Agent", ""))
