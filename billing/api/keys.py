"""What keys may do, over HTTP: one key's state, and the changes of all of them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api.authentication import Caller
from billing.api import key_documents, key_queries
from billing.api.internal import InternalView, answer
from billing.api.objects import within
from billing.api.shapes import Digest
from billing.errors import Unacceptable
from billing.money import format_usd
from billing.services import key_events, key_states
from billing.services.key_states import KeyLimit


class KeyView(InternalView):
    required_scopes = {"GET": ("keys:read",)}

    @key_documents.key()
    def get(self, _request: HttpRequest, _caller: Caller, key_digest: str) -> HttpResponse:
        """What the key with this digest may do right now."""
        try:
            digest = Digest().read(key_digest)
        except Unacceptable as error:
            raise within(error, "key_digest") from None

        state = key_states.get(digest, now=timezone.now())
        return answer(state.as_json() | {"limit": _limit(state.limit)})


class KeyEventsView(InternalView):
    """The long poll lives in `config.key_events`, an ASGI process; this process answers without waiting."""

    required_scopes = {"GET": ("keys:read",)}

    @key_documents.key_events()
    def get(self, request: HttpRequest, _caller: Caller) -> HttpResponse:
        """Key states in the order in which they changed; `wait_s` counts in the key-events process only."""
        query = key_queries.read(request.META.get("QUERY_STRING", ""))

        return answer(key_events.read(query.after).as_json())


def _limit(limit: KeyLimit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {
        "amount": format_usd(limit.amount_nanos),
        "period": limit.period.value,
        "period_start": limit.period_start.isoformat(),
        "period_ends_at": limit.period_ends_at.isoformat() if limit.period_ends_at else None,
        "spent": format_usd(limit.spent_nanos),
        "held": format_usd(limit.held_nanos),
        "remaining": format_usd(limit.remaining_nanos),
    }
