"""What keys may do, over HTTP: one key's state, and the changes of all of them."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api.authentication import Caller
from billing.api import key_documents, key_queries
from billing.api.internal import InternalView, answer
from billing.api.shapes import Digest, within
from billing.errors import Unacceptable
from billing.services import key_events, key_states


class KeyView(InternalView):
    required_scopes = {"GET": ("keys:read",)}

    @key_documents.key()
    def get(self, _request: HttpRequest, _caller: Caller, key_digest: str) -> HttpResponse:
        """What the key with this digest may do right now."""
        try:
            digest = Digest().read(key_digest)
        except Unacceptable as error:
            raise within(error, "key_digest") from None

        return answer(key_states.get(digest, now=timezone.now()).as_json())


class KeyEventsView(InternalView):
    """The long poll lives in `config.key_events`, an ASGI process; this process answers without waiting."""

    required_scopes = {"GET": ("keys:read",)}

    @key_documents.key_events()
    def get(self, request: HttpRequest, _caller: Caller) -> HttpResponse:
        """Key states in the order in which they changed; `wait_s` counts in the key-events process only."""
        query = key_queries.read(request.META.get("QUERY_STRING", ""))

        return answer(key_events.read(query.after).as_json())
