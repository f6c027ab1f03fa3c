"""Money and moments in templates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.models import TopUp
from dashboard import amounts

register = template.Library()


@register.filter
def usd(nanos: int) -> SafeString:
    return amounts.usd(nanos)


@register.filter
def paid(top_up: TopUp) -> str:
    return amounts.paid(top_up.amount_minor, top_up.currency)


@register.filter
def rate(cny_per_usd_micros: int) -> str:
    return amounts.rate(cny_per_usd_micros)


@register.filter
def moment(value: datetime) -> SafeString:
    """To the minute; the second is in the title."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(timespec="seconds"),
        formats.date_format(value, "DATETIME_FORMAT"),
        formats.date_format(value, "j M Y, H:i \\U\\T\\C"),
    )


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """What `values` has for `key`, or nothing."""
    return values.get(key, "")
