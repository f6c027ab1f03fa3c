"""Payments about which a webhook may have been lost."""

from collections.abc import Iterator
from datetime import datetime

import stripe

from billing.payments.protocol import Lookup
from billing.payments.stripe.answers import PAGE, Answer, every, id_of
from billing.payments.stripe.failures import translated
from billing.payments.stripe.messages import lookup_of


def since(client: stripe.StripeClient, moment: datetime) -> Iterator[Lookup]:
    """Each payment once: of events that Stripe could not deliver, and of sessions that are not final."""
    known: set[Lookup] = set()
    with translated():
        for lookup in _looked_up(client, int(moment.timestamp())):
            if lookup not in known:
                known.add(lookup)
                yield lookup


def _looked_up(client: stripe.StripeClient, seconds: int) -> Iterator[Lookup]:
    undelivered = client.v1.events.list(
        {"delivery_success": False, "created": {"gte": seconds}, "limit": PAGE}
    )
    for event in every(undelivered):
        lookup = lookup_of(event)
        if lookup is not None:
            yield lookup

    for session in every(client.v1.checkout.sessions.list({"created": {"gte": seconds}, "limit": PAGE})):
        if not _is_final(session):
            yield Lookup(object_id=session["id"], payment_id=id_of(session.get("payment_intent")))


def _is_final(session: Answer) -> bool:
    return bool(session["status"] == "expired" or session["payment_status"] != "unpaid")
