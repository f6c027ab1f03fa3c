"""Rating claimed events: the price pinned by the hold, else the one in force at the request id's own time."""

from typing import NamedTuple

from billing import request_ids
from catalog import prices
from catalog.rating import PriceSheet, rate, unpriced
from usage.errors import Unrateable
from usage.services.settlement.rows import Claimed, HeldAt


class Rated(NamedTuple):
    """An event with its price; `set_aside` is what an open hold had for it, None where none was open."""

    event: Claimed
    sheet: PriceSheet
    amount_nanos: int
    hold: HeldAt | None
    set_aside: int | None
    unpriced: tuple[str, ...]

    @property
    def excess(self) -> int:
        """Nanos above what its hold had set aside."""
        return max(0, self.amount_nanos - (self.set_aside or 0))


def event(claimed: Claimed, hold: HeldAt | None) -> Rated:
    """Rate one event; raises `Unrateable`."""
    if hold and hold.state != "refused" and hold.gateway_id != claimed.gateway_id:
        raise Unrateable("the hold is another gateway's", code="other_gateway")
    sheet = _sheet(claimed, hold)
    counts = claimed.counts
    return Rated(
        event=claimed,
        sheet=sheet,
        amount_nanos=rate(sheet, counts),
        hold=hold,
        set_aside=hold.amount_nanos if hold and hold.state == "open" else None,
        unpriced=unpriced(sheet, counts),
    )


def _sheet(claimed: Claimed, hold: HeldAt | None) -> PriceSheet:
    # A refusal pins nothing: it is forgotten after a day, and a charge can be rated again for ever.
    if hold and hold.state != "refused" and hold.language_model_id == claimed.language_model_id:
        return prices.sheet(hold.price_version_id)

    sheet = prices.in_force(claimed.language_model_id, request_ids.time_of(claimed.request_id))
    if sheet is None:
        raise Unrateable("the model had no price at the time of the request", code="no_price")
    return sheet
