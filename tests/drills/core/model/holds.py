"""Holds that grow, shrink and end, and refusals that are forgotten."""

from tests.drills.core.model import limits, terms
from tests.drills.core.model.answers import Answer, Done, Failed, Held, Skipped
from tests.drills.core.model.wallets import Hold
from tests.drills.core.model.world import DAY, World
from tests.drills.core.steps import ExpireHolds, Extend, ForgetRefused, Release


def extend(world: World, step: Extend) -> Answer:
    if step.request not in world.minted:
        return Skipped()
    if not 0 < step.lasts <= DAY:
        return Failed("invalid")
    found = _own(world, step.request, step.gateway)
    if not isinstance(found, tuple):
        return found
    who, hold = found
    if hold.state != "open":
        return Failed("request_conflict")
    if world.now + step.lasts > hold.placed + DAY:
        return Failed("invalid")
    price = world.prices.by_number[hold.price]
    return terms.bounded(world, price, step.bounds) or _reset(world, step, who, hold)


def _reset(world: World, step: Extend, who: str, hold: Hold) -> Answer:
    """Set bounds and expiry at the price it was placed at, where it may grow so far."""
    wallet, price = world.wallet(who), world.prices.by_number[hold.price]
    bounds = terms.amounts(step.bounds)
    growth = price.dearest(bounds) - hold.amount
    if growth > 0:
        line = world.line_of(hold.key)
        room = terms.room_of(world, wallet, line)
        code = _may_not_grow(world, hold, who)
        if code is None and growth > min(room.values()):
            code = terms.tighter(room)
        if code:
            resumes = limits.resumes(world, line) if line and code == "key_limit_reached" else None
            return terms.refused(code, price, bounds, min(room.values()) + hold.amount, resumes)

    hold.amount, hold.bounds, hold.expires = price.dearest(bounds), bounds, world.now + step.lasts
    world.close_books(who)
    return Held("open", hold.amount, bounds, hold.expires, hold.price, wallet.available)


def _may_not_grow(world: World, hold: Hold, who: str) -> str | None:
    customer, key = world.customers[who], world.keys[hold.key]
    if customer.state != "active":
        return f"customer_{customer.state}"
    if key.revoked is not None:
        return "key_revoked"
    if key.expires is not None and key.expires <= world.now:
        return "key_expired"
    return None


def release(world: World, step: Release) -> Answer:
    found = _own(world, step.request, step.gateway)
    if not isinstance(found, tuple):
        return found
    who, hold = found
    if (who, step.request) in world.inbox or hold.state == "settled":
        return Failed("request_conflict")
    if hold.state == "open":
        world.wallet(who).end(hold, "released", now=world.now)
    world.close_books(who)
    return Done(hold.state)


def _own(world: World, request: int, gateway: int) -> tuple[str, Hold] | Answer:
    """The hold that this gateway placed under the request."""
    if request not in world.minted:
        return Skipped()
    own = [
        (who, hold)
        for who, customer in world.customers.items()
        if (hold := customer.wallet.holds.get(request))
        and hold.gateway == gateway
        and hold.state != "refused"
    ]
    if not own:
        return Failed("not_found")
    return own[0] if len(own) == 1 else Failed("request_conflict")


def expire(world: World, _: ExpireHolds) -> Answer:
    """End what is over; what was reported meanwhile waits for its settlement."""
    ended = 0
    for who, customer in world.customers.items():
        over = [
            hold
            for hold in customer.wallet.holds.values()
            if hold.state == "open" and hold.expires <= world.now and (who, hold.request) not in world.inbox
        ]
        for hold in over:
            customer.wallet.end(hold, "expired", now=world.now)
        if over:
            world.close_books(who)
        ended += len(over)
    return Done(ended)


def forget_refused(world: World, _: ForgetRefused) -> Answer:
    forgotten = 0
    for customer in world.customers.values():
        holds = customer.wallet.holds
        old = [r for r, hold in holds.items() if hold.state == "refused" and hold.placed < world.now - DAY]
        for request in old:
            del holds[request]
        forgotten += len(old)
    return Done(forgotten)
