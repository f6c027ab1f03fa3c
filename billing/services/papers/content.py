"""What a paper says, taken down once when it is issued: it never changes, whatever changes after it."""

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.models import Customer
from billing.models import BillingDetails, Language, Refund, TopUp

Content = dict[str, Any]


def of_receipt(top_up: TopUp, *, number: str, now: datetime) -> Content:
    """Amounts are in minor units and nanos, moments in ISO 8601."""
    return {
        **_heads(top_up, number=number, now=now),
        "top_up": _top_up(top_up),
        "credit_nanos": top_up.credit_nanos,
        "bonus_nanos": top_up.bonus_nanos,
        "amount_minor": top_up.amount_minor,
    }


def of_refund(top_up: TopUp, refund: Refund, *, receipt_number: str, number: str, now: datetime) -> Content:
    """Like a receipt; the amounts are those that went back."""
    refunded_at = refund.ended_at or refund.requested_at
    return {
        **_heads(top_up, number=number, now=now),
        "top_up": _top_up(top_up),
        "receipt_number": receipt_number,
        "refund": {
            "id": str(refund.id),
            "reference": refund.provider_refund_id,
            "refunded_at": refunded_at.isoformat(),
        },
        "credit_nanos": refund.debit_nanos,
        "bonus_nanos": refund.bonus_nanos,
        "amount_minor": refund.amount_minor,
    }


def _heads(top_up: TopUp, *, number: str, now: datetime) -> Content:
    details = BillingDetails.objects.filter(customer_id=top_up.customer_id).first()
    return {
        "number": number,
        "issued_at": now.isoformat(),
        "language": details.language if details else Language.ENGLISH.value,
        "seller": {
            "name": settings.SELLER_NAME,
            "address": settings.SELLER_ADDRESS,
            "tax_id": settings.SELLER_TAX_ID,
            "email": settings.SELLER_EMAIL,
        },
        "buyer": _buyer(top_up, details),
        "currency": top_up.currency,
    }


def _buyer(top_up: TopUp, details: BillingDetails | None) -> Content:
    """Who gave no details is named as the account is, with the address that the payment was made under."""
    details = details or BillingDetails(customer_id=top_up.customer_id)
    return {
        "name": details.name or Customer.objects.get(id=top_up.customer_id).name,
        "address": details.address,
        "country": details.country,
        "tax_id": details.tax_id,
        "email": details.email or top_up.email,
    }


def _top_up(top_up: TopUp) -> Content:
    assert top_up.paid_at is not None, "papers are about paid top-ups"
    return {
        "id": str(top_up.id),
        "provider": top_up.provider,
        "method": top_up.method,
        "payment_id": top_up.payment_id,
        "paid_at": top_up.paid_at.isoformat(),
        "cny_per_usd_micros": top_up.cny_per_usd_micros,
    }
