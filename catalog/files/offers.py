"""Makes a model's offer from official figures, and writes it into the model's file."""

import re
from datetime import date

from catalog.decimals import format_fixed
from catalog.errors import BadCostMap
from catalog.files.cost_map import Figures
from catalog.files.model_files import Offer
from catalog.price_sets import MeterPrice, PriceSet, usd_per_million

MULTIPLIER_PLACES = 6
_MICROS = 1_000_000
# Every price on the platform is at least this much below the provider's own.
LEAST_SAVING_PERCENT = 60
_OFFER_TABLES = re.compile(r"^\[+\s*(?:limits|prices)\b.*$", re.MULTILINE)
_PAGE_TABLES = re.compile(r"^\[+\s*page\b", re.MULTILINE)


def make_offer(key: str, figures: Figures, *, multiplier_micros: int, source: str, as_of: date) -> Offer:
    """Price each official figure at the multiplier, rounded half to even to 6 decimals per 1M units.

    Raises BadCostMap where a price would not be at least 60 % below the official one.
    """
    prices = []
    for meter, official in figures.picos.items():
        sale = _times(official, multiplier_micros)
        if sale * 100 > official * (100 - LEAST_SAVING_PERCENT) or sale < 1:
            raise BadCostMap(
                f"{key}: {meter} at {usd_per_million(sale)} is not at least {LEAST_SAVING_PERCENT} % below "
                f"the official {usd_per_million(official)}"
            )
        prices.append(MeterPrice(meter, sale, official))
    return Offer(
        context_tokens=figures.context_tokens,
        max_output_tokens=figures.max_output_tokens,
        price_set=PriceSet(tuple(prices), source=f"{source}, {key}", official_as_of_date=as_of),
        effective_at=None,
    )


def write_offer(text: str, offer: Offer, *, multiplier_micros: int) -> str:
    """Return a model file's text with its limits and prices replaced; all else stays as it was written."""
    page = _PAGE_TABLES.search(text)
    head, tail = (text[: page.start()], text[page.start() :]) if page else (text, "")
    offered = _OFFER_TABLES.search(head)
    head = head[: offered.start()] if offered else head
    parts = [head.rstrip(), _render(offer, multiplier_micros).rstrip(), tail.rstrip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _render(offer: Offer, multiplier_micros: int) -> str:
    price_set = offer.price_set
    sale = [f'{price.meter} = "{usd_per_million(price.picos)}"' for price in price_set.prices]
    official = [
        f'{price.meter} = "{usd_per_million(price.official_picos)}"'
        for price in price_set.prices
        if price.official_picos is not None
    ]
    lines = [
        "[limits]",
        f"context_tokens = {offer.context_tokens}",
        f"max_output_tokens = {offer.max_output_tokens}",
        "",
        "[prices]",
        f'source = "{_escape(price_set.source)}"',
        f"as_of = {price_set.official_as_of_date}",
        f'multiplier = "{format_fixed(multiplier_micros, MULTIPLIER_PLACES, strip=True)}"',
        "",
        "[prices.sale]",
        *sale,
        "",
        "[prices.official]",
        *official,
    ]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _times(official: int, multiplier_micros: int) -> int:
    whole, rest = divmod(official * multiplier_micros, _MICROS)
    return whole + 1 if rest * 2 > _MICROS or (rest * 2 == _MICROS and whole & 1) else whole
