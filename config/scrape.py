"""`/metrics` for Prometheus, in a process's own words: never an id, never a secret, and not for everybody."""

from ipaddress import IPv6Address, ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from config.gauges import Gauges
from config.metrics import counted

# A proxy stands between us and whoever asks: its own address says nothing about theirs.
_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")

_registry = CollectorRegistry(auto_describe=False)
_registry.register(Gauges())
_registry.register(counted())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer callers whose own address METRICS_ALLOW names."""
    if not _may_read(request):
        refused = "Metrics are for METRICS_ALLOW only, and not through a proxy.\n"
        return HttpResponse(refused, status=403, content_type="text/plain")
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in settings.METRICS_ALLOW)
