"""Links between admin pages, by the names that their addresses have in the admin site."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Tool:
    """A link above a page."""

    label: str
    address: str


def address(page: str, *args: object, **query: object) -> str:
    """The address of a page such as `accounts_customer_change`."""
    path = reverse(f"admin:{page}", args=args)
    return f"{path}?{urlencode(query)}" if query else path


def link(text: object, page: str, *args: object, **query: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', address(page, *args, **query), text)


def short(value: UUID) -> SafeString:
    """The end of a UUIDv7, which is what differs; the whole one is its title."""
    return format_html('<code title="{}">…{}</code>', value, str(value)[-12:])
