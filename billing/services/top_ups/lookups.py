"""What to ask a provider for: the payment of a top-up, and the refunds that it does not list by itself."""

from collections.abc import Sequence

from django.db.models import Q

from billing.models import Refund, RefundOrigin, RefundState, TopUp
from billing.payments.names import ProviderName
from billing.payments.protocol import Lookup


def of(top_up: TopUp, hint: Lookup | None = None) -> Lookup | None:
    """How the payment is found; None where the provider never told us of one, so that nobody can pay it."""
    hint = hint or Lookup()
    # Alipay's trade has our own number from the start.
    ours = top_up.reference if top_up.provider == ProviderName.ALIPAY else ""
    lookup = Lookup(
        object_id=top_up.object_id or ours or hint.object_id,
        payment_id=top_up.payment_id or hint.payment_id,
        refunds=tuple(dict.fromkeys((*hint.refunds, *_found_refunds(top_up)))),
    )
    return lookup if lookup.object_id or lookup.payment_id else None


def our_refunds(top_up: TopUp) -> Sequence[str]:
    """Our references of the refunds that we asked for and did not give up."""
    refunds = Refund.objects.filter(
        customer_id=top_up.customer_id, top_up_id=top_up.id, origin=RefundOrigin.OPERATOR
    )
    return [refund.reference for refund in refunds.exclude(state=RefundState.FAILED).order_by("id")]


def _found_refunds(top_up: TopUp) -> list[str]:
    """What Alipay is to be asked about again, because it lists no refunds.

    Those made on its own pages, and ours that we gave up: one that it has all the same counts like one of
    those, and one that it never had keeps nothing back.
    """
    if top_up.provider != ProviderName.ALIPAY:
        return []
    refunds = Refund.objects.filter(
        Q(origin=RefundOrigin.PROVIDER) | Q(state=RefundState.FAILED),
        customer_id=top_up.customer_id,
        top_up_id=top_up.id,
    )
    names = (_name_of(refund) for refund in refunds.order_by("id"))
    return [name for name in names if name and name != "rest"]


def _name_of(refund: Refund) -> str:
    if refund.origin == RefundOrigin.OPERATOR:
        return refund.reference
    return refund.provider_refund_id.partition(":")[2]
