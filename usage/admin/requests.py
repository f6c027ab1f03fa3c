"""A request's story on one page: held, reported, charged, why so much, and what went wrong on the way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from accounts.models import ApiKey, Customer
from accounts.operators.links import Tool, address, link, short
from billing import request_ids
from billing.errors import RequestConflict
from billing.models import DebtCause
from billing.operators import amounts, records
from billing.operators.tables import Table
from catalog.price_sets import usd_per_million
from usage.errors import NotFound
from usage.models import Charge
from usage.services import requests
from usage.services.requests import FoundCharge, FoundRequest

PERMISSIONS = ("billing.view_hold", "usage.view_charge")


def urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    view = wrap(one_view)
    return [
        path("usage/request/<uuid:request_id>/", view, name="usage_request_by_id"),
        path("usage/request/<uuid:customer_id>/<uuid:request_id>/", view, name="usage_request"),
    ]


def one_view(request: HttpRequest, request_id: UUID, customer_id: UUID | None = None) -> HttpResponse:
    records.require(request, *PERMISSIONS)
    try:
        found = requests.get(request_id, customer_id=customer_id)
    except NotFound as error:
        raise Http404(error.detail) from None
    except RequestConflict as error:
        return records.answer(request, "operators/record.html", _several(request_id, error))

    context = {
        "title": f"Request {request_id}",
        "opts": Charge._meta,  # noqa: SLF001 (Django documents it)
        "tools": _tools(found),
        "facts": _facts(found),
        "tables": [
            _hold(found),
            *([_lines("Charge", found.charge)] if found.charge else []),
            *(_lines("Correcting charge", charge) for charge in found.corrections),
            _quarantined(found),
            _conflicts(found),
            _debts(found),
        ],
    }
    return records.answer(request, "operators/record.html", context)


def _several(request_id: UUID, error: RequestConflict) -> dict[str, Any]:
    """One gateway used the id for several customers: each is a request of its own."""
    customers = error.extra["customers"]
    return {
        "title": f"Request {request_id}",
        "opts": Charge._meta,  # noqa: SLF001
        "tools": [],
        "facts": [("Customers", link(each, "usage_request", each, request_id)) for each in customers],
        "tables": [],
    }


def _tools(found: FoundRequest) -> list[Tool]:
    if found.customer_id is None:
        return [Tool("Quarantine", address("usage_quarantinedevent_changelist", q=found.request_id))]
    return [
        Tool("Customer", address("accounts_customer_change", found.customer_id)),
        Tool("Wallet", address("billing_wallet_change", found.customer_id)),
        Tool("Charges", address("usage_charge_changelist", customer=found.customer_id)),
    ]


def _facts(found: FoundRequest) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("Minted by the gateway", amounts.at(request_ids.time_of(found.request_id))),
        ("State", found.state),
    ]
    if found.customer_id:
        customer = Customer.objects.get(id=found.customer_id)
        facts.append(("Customer", link(customer, "accounts_customer_change", customer.id)))
    if found.api_key_id:
        key = ApiKey.objects.get(id=found.api_key_id)
        facts.append(("API key", link(key, "accounts_apikey_change", key.id)))
    if found.waiting_since:
        facts.append(("Waits in the inbox since", amounts.at(found.waiting_since)))
    if found.charge:
        facts += _charge_facts(found.charge)
    return facts


def _charge_facts(charge: FoundCharge) -> list[tuple[str, object]]:
    row = charge.row
    return [
        ("Model", charge.model),
        ("Price version", link(row.price_version_id, "catalog_priceversion_change", row.price_version_id)),
        ("Amount, USD", amounts.usd(row.amount_nanos)),
        ("Outcome", row.outcome),
        ("Evidence", row.evidence),
        ("Reported cost, USD", amounts.usd(row.reported_cost_nanos)),
        ("Gateway", row.gateway),
        ("Upstream's id", row.upstream_request_id or "-"),
        ("First byte, ms", amounts.count(row.first_byte_ms)),
        ("Duration, ms", amounts.count(row.duration_ms)),
        ("Received", amounts.at(row.received_at)),
        ("Charged", amounts.at(row.charged_at)),
        ("Ledger transaction", _transaction(row.customer_id, row.ledger_transaction_id)),
    ]


def _transaction(customer_id: UUID, transaction_id: UUID) -> object:
    return link(short(transaction_id), "billing_ledgertransaction_change", customer_id, transaction_id)


def _hold(found: FoundRequest) -> Table:
    head = ("placed", "state", "amount, USD", "available then, USD", "input", "output", "searches", "expires")
    hold = found.hold
    if hold is None:
        return Table("Hold", head, [])
    row = (
        amounts.at(hold.placed_at),
        f"{hold.state}: {hold.refusal or hold.end_reason}" if hold.refusal or hold.end_reason else hold.state,
        amounts.usd(hold.amount_nanos),
        amounts.usd(hold.available_nanos),
        *(amounts.count(n) for n in (hold.bound_input, hold.bound_output, hold.bound_web_search)),
        amounts.at(hold.expires_at),
    )
    return Table("Hold, with its bounds", head, [row])


def _lines(title: str, charge: FoundCharge) -> Table:
    """One row for each meter; the sum is rounded once."""
    head = ("meter", "quantity", "rated as", "USD per 1M", "amount, USD, not rounded")
    rows: list[tuple[object, ...]] = [
        (
            line.meter,
            amounts.count(line.quantity),
            line.rated_as,
            "no price" if line.picos is None else usd_per_million(line.picos),
            amounts.usd_of_picos(line.amount_picos),
        )
        for line in charge.lines
    ]
    rows.append(("rounded once, half to even", "", "", "", amounts.usd(charge.row.amount_nanos)))
    return Table(f"{title}: why so much", head, rows)


def _quarantined(found: FoundRequest) -> Table:
    rows = [
        (each.code, each.detail, each.gateway, amounts.at(each.received_at), each.resolution or "open")
        for each in found.quarantined
    ]
    return Table("Quarantined", ("code", "detail", "gateway", "received", "answer"), rows)


def _conflicts(found: FoundRequest) -> Table:
    rows = [
        (each.gateway, amounts.at(each.received_at), each.corrected_by or "-") for each in found.conflicts
    ]
    return Table("Other bodies under this id", ("gateway", "received", "corrected by"), rows)


def _debts(found: FoundRequest) -> Table:
    rows = [
        (DebtCause(each.cause).label, amounts.usd(each.amount_nanos), amounts.at(each.incurred_at))
        for each in found.debts
    ]
    return Table("Debts", ("cause", "amount, USD", "incurred"), rows)
