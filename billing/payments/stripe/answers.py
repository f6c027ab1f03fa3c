"""Reading Stripe's objects, as plain dicts: the SDK's objects are none, and fixtures should be."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import stripe

Answer = dict[str, Any]

_ID: Final = re.compile(r"[A-Za-z0-9_]{1,255}")
PAGE: Final = 100


def plain(answer: stripe.StripeObject) -> Answer:
    return answer.to_dict()


def every(page: "stripe.ListObject[Any]") -> Iterator[Answer]:
    """All objects of a list, over all its pages."""
    return (plain(item) for item in page.auto_paging_iter())


def id_of(value: Any) -> str | None:
    """The id of what may be expanded or not; ValueError where it is none."""
    if isinstance(value, dict):
        value = value["id"]
    if value is None:
        return None

    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("not an id of Stripe")
    return value


def expanded(value: Any) -> Answer | None:
    """An object that was asked for with its parent; None where Stripe has only its id, or nothing."""
    return value if isinstance(value, dict) else None


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def currency(answer: Answer) -> str:
    return str(answer["currency"] or "").upper()


def metadata(answer: Answer | None, name: str) -> str | None:
    return ((answer or {}).get("metadata") or {}).get(name) or None
