"""Taking usage in: each event ends in the inbox, in quarantine, or is known already."""

from tests.drills.core.model.answers import Answer, Done
from tests.drills.core.model.world import FIVE_MINUTES, OLDEST_ID, Quarantined, Waiting, World
from tests.drills.core.steps import Report, Usage

MOST_UNITS = 1_000_000_000
BY_HAND = "by hand: "


def report(world: World, step: Report) -> Answer:
    """What became of each event, in order."""
    for usage in step.events:
        world.mint(usage.request, usage.minted)
    return Done(
        tuple(take_in(world, usage, step.gateway, unheld=step.unheld, now=world.now) for usage in step.events)
    )


def take_in(world: World, usage: Usage, gateway: int, *, unheld: bool, now: int) -> tuple[str, str | None]:
    """The result and, where it is quarantined, why; `now` is the moment it is judged at."""
    kept = world.quarantine.get((usage.body, gateway))
    if kept and kept.resolution.startswith(BY_HAND):
        return "duplicate", None

    code = _fault(world, usage, unheld=unheld, now=now)
    if code:
        if kept is None:
            world.quarantine[usage.body, gateway] = Quarantined(usage, gateway, unheld, code, world.now)
        return "quarantined", code

    who = world.keys[usage.key].who
    first = _first(world, who, usage.request)
    if first is None:
        world.inbox[who, usage.request] = Waiting(usage, gateway, world.now)
        return "accepted", None
    if first.body == usage.body:
        return "duplicate", None
    world.keep_conflict(who, usage, gateway)
    return "conflict", None


def _fault(world: World, usage: Usage, *, unheld: bool, now: int) -> str | None:
    key = world.keys.get(usage.key)
    if key is None:
        return "unknown_key"
    if usage.model not in world.models:
        return "unknown_model"
    reported = [count for count in usage.counts if count is not None]
    if not reported or max(reported) > MOST_UNITS:
        return "impossible_meters"
    minted = world.minted[usage.request]
    is_in_window = now - OLDEST_ID <= minted <= now + FIVE_MINUTES
    if not is_in_window and _first(world, key.who, usage.request) is None:
        return "request_id_out_of_window"
    has_hold = usage.request in world.wallet(key.who).holds
    if not has_hold and world.prices.in_force(usage.model, minted) is None:
        return "no_price"
    return "no_hold" if not (has_hold or unheld) else None


def _first(world: World, who: str, request: int) -> Usage | None:
    """The body that stands: the one in the inbox, else the one that was charged."""
    waiting = world.inbox.get((who, request))
    charge = world.charges.get((who, request))
    return waiting.usage if waiting else charge.usage if charge else None
