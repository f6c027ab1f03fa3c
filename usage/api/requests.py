"""The support view of a request over HTTP: from key and hold to the ledger, with a reason for every nano."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accounts.api.authentication import Caller
from billing import request_ids
from billing.api.internal import InternalView, answer
from billing.api.strict import echoed
from billing.errors import Unacceptable
from billing.money import format_usd
from catalog.decimals import format_fixed
from usage.api import request_documents
from usage.services import requests
from usage.services.requests import FoundCharge, FoundRequest, Line

FORMULA = "sum(quantity * price_per_million) / 1,000,000"
ROUNDING = "once, to 9 places, half to even"


class RequestView(InternalView):
    required_scopes = {"GET": ("usage", "holds")}

    @request_documents.request()
    def get(self, request: HttpRequest, _caller: Caller, request_id: str) -> HttpResponse:
        """Everything that is known about a request."""
        self.request_id = request_ids.parse(request_id)

        found = requests.get(self.request_id, customer_id=_customer_id(request))

        return answer(_content(found))


def _customer_id(request: HttpRequest) -> UUID | None:
    unknown = next((name for name in request.GET if name != "customer_id"), None)
    if unknown is not None:
        raise Unacceptable("is not a known parameter", field=echoed(unknown))
    text = request.GET.get("customer_id")
    if text is None:
        return None
    try:
        customer_id = UUID(text)
    except ValueError:
        customer_id = None
    if customer_id is None or str(customer_id) != text:
        raise Unacceptable("must be a UUID in canonical lower-case text", field="customer_id")
    return customer_id


def _content(found: FoundRequest) -> dict[str, Any]:
    return {
        "request_id": str(found.request_id),
        "at": request_ids.time_of(found.request_id).isoformat(),
        "state": found.state,
        "customer_id": _text(found.customer_id),
        "api_key_id": _text(found.api_key_id),
        "hold": _hold(found.hold) if found.hold else None,
        "waiting_since": _moment(found.waiting_since),
        "charge": _charge(found.charge) if found.charge else None,
        "corrections": [_charge(charge) for charge in found.corrections],
        "total": _usd(found.total_nanos),
        "quarantined": [
            {
                "gateway": event.gateway,
                "code": event.code,
                "detail": event.detail,
                "received_at": _moment(event.received_at),
                "resolved_at": _moment(event.resolved_at),
                "resolution": event.resolution,
            }
            for event in found.quarantined
        ],
        "conflicts": [
            {
                "gateway": conflict.gateway,
                "received_at": _moment(conflict.received_at),
                "evidence": conflict.evidence,
                "verdict": conflict.verdict,
                "judged_at": _moment(conflict.judged_at),
                "corrected_by": _text(conflict.corrected_by),
            }
            for conflict in found.conflicts
        ],
        "debts": [
            {
                "amount": format_usd(debt.amount_nanos),
                "cause": debt.cause,
                "incurred_at": _moment(debt.incurred_at),
                "ledger_transaction_id": _text(debt.ledger_transaction_id),
            }
            for debt in found.debts
        ],
    }


def _hold(row: Any) -> dict[str, Any]:
    return {
        "gateway": row.gateway,
        "state": row.state,
        "refusal": row.refusal,
        "amount": format_usd(row.amount_nanos),
        "available": format_usd(row.available_nanos),
        "bounds": {
            "input": row.bound_input,
            "output": row.bound_output,
            "web_search": row.bound_web_search,
        },
        "price_version": row.price_version_id,
        "placed_at": _moment(row.placed_at),
        "expires_at": _moment(row.expires_at),
        "ended_at": _moment(row.ended_at),
        "end_reason": row.end_reason,
    }


def _charge(charge: FoundCharge) -> dict[str, Any]:
    row = charge.row
    return {
        "request_id": str(row.request_id),
        "corrects": _text(row.corrects),
        "gateway": row.gateway,
        "model": charge.model,
        "price_version": row.price_version_id,
        "lines": [_line(line) for line in charge.lines],
        "formula": FORMULA,
        "unrounded": format_fixed(sum(line.amount_picos for line in charge.lines), 12, strip=True),
        "rounding": ROUNDING,
        "amount": format_usd(row.amount_nanos),
        "unpriced": list(row.unpriced or ()),
        "held": _usd(row.hold_amount_nanos),
        "outcome": row.outcome,
        "evidence": row.evidence,
        "reported_cost": _usd(row.reported_cost_nanos),
        "upstream_request_id": row.upstream_request_id,
        "first_byte_ms": row.first_byte_ms,
        "duration_ms": row.duration_ms,
        "received_at": _moment(row.received_at),
        "charged_at": _moment(row.charged_at),
        "ledger_transaction_id": str(row.ledger_transaction_id),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "meter": line.meter,
        "quantity": line.quantity,
        "rated_as": line.rated_as,
        "price_per_million": None if line.picos is None else format_fixed(line.picos, 6, strip=True),
        "amount": format_fixed(line.amount_picos, 12, strip=True),
    }


def _usd(nanos: int | None) -> str | None:
    return None if nanos is None else format_usd(nanos)


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
