"""What a hold costs before anything is locked: model, price in force, bounds, clock."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from billing import request_ids
from billing.errors import Unacceptable, UnknownModel
from billing.money import MOST_NANOS
from billing.services.holds.requests import HoldRequest
from catalog import prices
from catalog.rating import Bounds, PriceSheet, affordable_output, dearest


@dataclass(frozen=True, slots=True)
class Terms:
    """The pinned price and the nanos that cover the dearest way to use the bounds."""

    sheet: PriceSheet
    amount_nanos: int


def for_request(request: HoldRequest, *, now: datetime) -> Terms:
    """Price a request, or raise `UnknownModel` or `Unacceptable`."""
    check_clock(request, now=now)
    model = prices.find_model(request.model)
    sheet = prices.in_force(model.id, now) if model and model.is_active else None
    if model is None or sheet is None:
        raise UnknownModel(f"no model {request.model!r} is for sale", field="model")

    check_bounds(request.bounds, model)
    return Terms(sheet, amount(sheet, request.bounds))


def check_clock(request: HoldRequest, *, now: datetime) -> None:
    at = request_ids.time_of(request.request_id)
    if at > now + request_ids.FURTHEST_AHEAD:
        raise Unacceptable(
            "the request id is more than 5 minutes ahead of our clock",
            code="clock_skew",
            field="request_id",
            our_time=now.isoformat(),
        )
    if at < now - request_ids.OLDEST:
        raise Unacceptable("the request id is older than 35 days", field="request_id")


def check_bounds(bounds: Bounds, model: prices.ModelEntry) -> None:
    if bounds.input > model.context_tokens:
        raise Unacceptable(
            f"the model takes at most {model.context_tokens} input tokens",
            code="bounds_too_large",
            field="bounds.input",
        )
    if bounds.output > model.max_output_tokens:
        raise Unacceptable(
            f"the model gives at most {model.max_output_tokens} output tokens",
            code="bounds_too_large",
            field="bounds.output",
        )


def amount(sheet: PriceSheet, bounds: Bounds) -> int:
    """Nanos that cover the dearest use of `bounds`; refuses bounds without a price or beyond counting."""
    if bounds.web_search and sheet.picos[-1] is None:
        raise Unacceptable(
            f"web_search has no price for {sheet.model}", code="meter_not_priced", field="bounds.web_search"
        )
    nanos = dearest(sheet, bounds, settings.INPUT_TOKENS_PER_WEB_SEARCH)
    if nanos > MOST_NANOS:
        raise Unacceptable(
            "so many searches cost more than any amount can say",
            code="bounds_too_large",
            field="bounds.web_search",
        )
    return nanos


def most_output(sheet: PriceSheet, bounds: Bounds, available_nanos: int) -> int:
    """The most output tokens that `available_nanos` buy beside the other bounds; -1 where they do not fit."""
    return affordable_output(sheet, bounds, available_nanos, settings.INPUT_TOKENS_PER_WEB_SEARCH)
