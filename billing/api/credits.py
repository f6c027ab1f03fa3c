"""A customer's credit over HTTP."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from billing.api import public_documents
from billing.api.customers import Asked, CustomerView
from billing.api.internal import answer
from billing.money import format_usd
from billing.services import balances
from billing.services.balances import LotLeft


class CreditsView(CustomerView):
    parameters = {"GET": {}}

    @public_documents.credits_shown()
    def get(self, _request: HttpRequest, asked: Asked) -> HttpResponse:
        """What there is to spend, what is set aside or owed, and which lots it consists of."""
        balance = balances.of_customer(customer_id=asked.caller.customer_id)

        return answer(
            {
                "customer_id": str(asked.caller.customer_id),
                "currency": balance.currency,
                "balance": format_usd(balance.balance_nanos),
                "held": format_usd(balance.held_nanos),
                "available": format_usd(balance.available_nanos),
                "debt": format_usd(balance.debt_nanos),
                "cut_off_at": balance.cut_off_at.isoformat() if balance.cut_off_at else None,
                "lots": [_lot(lot) for lot in balance.lots],
            }
        )


def _lot(lot: LotLeft) -> dict[str, Any]:
    return {
        "id": str(lot.id),
        "kind": lot.kind,
        "amount": format_usd(lot.amount_nanos),
        "remaining": format_usd(lot.remaining_nanos),
        "expires_at": lot.expires_at.isoformat() if lot.expires_at else None,
        "created_at": lot.created_at.isoformat(),
    }
