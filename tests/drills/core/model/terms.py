"""What a hold costs, what is there for it, and how a refusal is told."""

from tests.drills.core.model import limits
from tests.drills.core.model.answers import Failed, Refused
from tests.drills.core.model.prices import WEB_SEARCH, Price
from tests.drills.core.model.wallets import Wallet
from tests.drills.core.model.world import Line, World
from tests.drills.core.steps import Bounds

Amounts = tuple[int, int, int]


def bounded(world: World, price: Price, bounds: Bounds) -> Failed | None:
    model = world.models[price.model]
    if bounds.input > model.context or bounds.output > model.most_output:
        return Failed("bounds_too_large")
    if bounds.web_search and price.picos[WEB_SEARCH] is None:
        return Failed("meter_not_priced")
    return None


def room_of(world: World, wallet: Wallet, line: Line | None) -> dict[str, int]:
    """What wallet and limit have left; the limit comes first where they are equal."""
    return ({"key": limits.left(world, line)} if line else {}) | {"wallet": wallet.available}


def tighter(room: dict[str, int]) -> str:
    is_of_key = min(room, key=lambda source: room[source]) == "key"
    return "key_limit_reached" if is_of_key else "insufficient_credit"


def refused(code: str, price: Price, bounds: Amounts, available: int, resumes: int | None) -> Refused:
    if code not in ("cut_off", "insufficient_credit", "key_limit_reached"):
        return Refused(code)
    affordable = max(0, price.most_output(bounds, available)) if code != "cut_off" else 0
    source = "key" if code == "key_limit_reached" else "wallet"
    return Refused(code, source, price.dearest(bounds), available, affordable, resumes)


def amounts(bounds: Bounds) -> Amounts:
    return bounds.input, bounds.output, bounds.web_search
