"""Reads a provider's official prices from LiteLLM's public cost map, and refuses what we could not bill.

Only the standard class of service is read. A model is left out where it has a price that no meter of ours
carries: a dearer kind of token, a tier that is not bound to the prompt's length, a time of day.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from catalog.errors import BadCostMap
from catalog.price_sets import MAX_PICOS

Entry = dict[str, object]

PICOS_PER_USD = 10**12
_METER_FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}
# Other kinds of tokens, which we count as plain ones: sold only where they cost the same.
_SAME_AS = {
    "input_cost_per_audio_token": "input_cost_per_token",
    "input_cost_per_image_token": "input_cost_per_token",
    "input_cost_per_video_token": "input_cost_per_token",
    "input_cost_per_token_cache_hit": "cache_read_input_token_cost",
    "cache_read_input_audio_token_cost": "cache_read_input_token_cost",
    "cache_read_input_image_token_cost": "cache_read_input_token_cost",
    "output_cost_per_reasoning_token": "output_cost_per_token",
}
_SEARCH = "search_context_cost_per_query"
_TIER = re.compile(rf"(?:{'|'.join(_METER_FIELDS.values())})_above_([0-9]+)k_tokens")
# Classes of service and tools that we do not sell.
_NOT_SOLD = re.compile(
    r".*_(batches|flex|priority|ultrafast|decisions|balanced)"
    r"|(google_maps_grounding|code_interpreter|file_search|computer_use|vector_store)_.*"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One model's official limits and prices; `picos` by meter, `notes` on what was left out."""

    context_tokens: int
    max_output_tokens: int
    picos: dict[str, int]
    notes: tuple[str, ...]


def read_map(path: Path) -> dict[str, Entry]:
    """Read the whole map; its numbers become Decimals, never binary fractions."""
    try:
        found = json.loads(
            path.read_text(encoding="utf-8"), parse_float=Decimal, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError, OSError) as error:
        raise BadCostMap(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise BadCostMap(f"{path}: is not an object of models")
    return found


def read_figures(key: str, entry: object, *, as_of: date) -> Figures:
    """Return what the map says about one model; raises BadCostMap with the reason to leave it out."""
    if not isinstance(entry, dict):
        raise BadCostMap(f"{key}: is not in the map")
    _refuse_unsellable(key, entry, as_of)
    picos, notes = {}, []
    for meter, field in _METER_FIELDS.items():
        price = _picos(key, field, entry.get(field))
        if price:
            picos[meter] = price
    for meter in ("input", "output"):
        if meter not in picos:
            raise BadCostMap(f"{key}: the map has no {meter} price")

    search = _search_picos(key, entry)
    if search is not None:
        picos["web_search"] = search
    elif _SEARCH in entry:
        notes.append("web_search left out: its price depends on more than the number of searches")

    context, most_output = _limit(key, entry, "max_input_tokens"), _limit(key, entry, "max_output_tokens")
    tier = min((int(match[1]) * 1000 for match in map(_TIER.fullmatch, entry) if match), default=context)
    if tier < context:
        notes.append(f"context capped to {tier}: longer prompts cost more")
        context = tier
    return Figures(context, min(most_output, context), picos, tuple(notes))


def _refuse_unsellable(key: str, entry: Entry, as_of: date) -> None:
    if entry.get("mode") not in {"chat", "responses"}:
        raise BadCostMap(f"{key}: is no chat model")
    ends = entry.get("deprecation_date")
    if isinstance(ends, str) and ends <= as_of.isoformat():
        raise BadCostMap(f"{key}: was withdrawn on {ends}")
    for field in ("tiered_pricing", "off_peak_pricing"):
        if field in entry:
            raise BadCostMap(f"{key}: {field} is more than one price per meter")
    for field in entry:
        if "cost" in field and not _is_carried(field, entry):
            raise BadCostMap(f"{key}: {field} is a price that no meter carries")


def _is_carried(field: str, entry: Entry) -> bool:
    if field in _SAME_AS:
        return entry[field] == entry.get(_SAME_AS[field])
    return (
        field in _METER_FIELDS.values()
        or field == _SEARCH
        or _TIER.fullmatch(field) is not None
        or _NOT_SOLD.fullmatch(field) is not None
    )


def _search_picos(key: str, entry: Entry) -> int | None:
    """Return the price of one search, None unless it is one figure whatever the context and the month."""
    by_size = entry.get(_SEARCH)
    if not isinstance(by_size, dict) or "search_free_requests" in entry:
        return None
    if entry.get("web_search_billing_unit", "per_query") != "per_query":
        return None
    figures = {_picos(key, _SEARCH, figure) for figure in by_size.values()}
    return figures.pop() or None if len(figures) == 1 else None


def _picos(key: str, field: str, usd: object) -> int:
    """Turn USD per unit into picos, exactly; 0 stands for no figure."""
    if usd is None:
        return 0
    if isinstance(usd, bool) or not isinstance(usd, int | Decimal):
        raise BadCostMap(f"{key}: {field} is not a number")
    picos = Decimal(usd) * PICOS_PER_USD
    if picos != picos.to_integral_value() or not 0 <= picos <= MAX_PICOS:
        raise BadCostMap(f"{key}: {field} {usd} has no exact price per 1M units")
    return int(picos)


def _limit(key: str, entry: Entry, field: str) -> int:
    limit = entry.get(field)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise BadCostMap(f"{key}: {field} is missing")
    return limit


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
