"""Holds: placed, refused, replayed, extended, released, expired, forgotten."""

from dataclasses import replace

from tests.drills.core.model.answers import Answer, Done, Failed, Held, Refused, Skipped
from tests.drills.core.model.prices import WEB_SEARCH, Price
from tests.drills.core.model.wallets import Hold, Wallet
from tests.drills.core.model.world import DAY, FIVE_MINUTES, OLDEST_ID, World
from tests.drills.core.steps import Bounds, ExpireHolds, Extend, ForgetRefused, Place, Release

Amounts = tuple[int, int, int]


def place(world: World, step: Place) -> Answer:
    """A hold, or why not; the same request gets the same answer for life."""
    world.mint(step.request, step.minted)
    key = world.keys.get(step.key)
    stored = world.hold_of(key.who, step.request) if key else None
    priced = _price(world, step)
    if isinstance(priced, Failed):
        return _again(world, stored, step) if stored else priced
    if key is None:
        return Failed("unknown_key")
    if stored:
        return _again(world, stored, step)
    return _decide(world, step, key.who, priced)


def _decide(world: World, step: Place, who: str, price: Price) -> Answer:
    wallet = world.wallet(who)
    available = wallet.available
    bounds = _amounts(step.bounds)
    code = _forbidden(world, step, who)
    if code is None and price.dearest(bounds) > available:
        most = price.most_output(bounds, available)
        if step.min_output is not None and most >= step.min_output:
            bounds = (bounds[0], most, bounds[2])
        else:
            code = "insufficient_credit"

    hold = Hold(
        request=step.request,
        gateway=step.gateway,
        key=step.key,
        model=step.model,
        price=price.number,
        body=_body(step),
        state="refused" if code else "open",
        refusal=code,
        amount=price.dearest(bounds),
        available=available,
        bounds=bounds,
        placed=world.now,
        expires=world.now + step.ttl_s * 1000,
        ended=world.now if code else None,
    )
    wallet.holds[step.request] = hold
    return _answer(world, hold, wallet, is_replay=False)


def _price(world: World, step: Place) -> Price | Failed:
    minted = world.minted[step.request]
    if minted > world.now + FIVE_MINUTES:
        return Failed("clock_skew")
    if minted < world.now - OLDEST_ID:
        return Failed("invalid")
    price = world.prices.in_force(step.model, world.now) if step.model in world.models else None
    if price is None:
        return Failed("unknown_model")
    return _bounded(world, price, step.bounds) or price


def _bounded(world: World, price: Price, bounds: Bounds) -> Failed | None:
    model = world.models[price.model]
    if bounds.input > model.context or bounds.output > model.most_output:
        return Failed("bounds_too_large")
    if bounds.web_search and price.picos[WEB_SEARCH] is None:
        return Failed("meter_not_priced")
    return None


def _forbidden(world: World, step: Place, who: str) -> str | None:
    """The first reason that has nothing to do with the amount."""
    customer, key = world.customers[who], world.keys[step.key]
    if customer.state != "active":
        return f"customer_{customer.state}"
    if key.revoked is not None:
        return "key_revoked"
    if key.expires is not None and key.expires <= world.now:
        return "key_expired"
    if key.allowed and step.model not in key.allowed:
        return "model_not_allowed"
    return "cut_off" if customer.wallet.cut_off is not None else None


def _again(world: World, stored: Hold, step: Place) -> Answer:
    if stored.body != _body(step):
        return Failed("request_conflict")
    return _answer(world, stored, world.wallet(world.keys[step.key].who), is_replay=True)


def _answer(world: World, hold: Hold, wallet: Wallet, *, is_replay: bool) -> Answer:
    if hold.refusal is None:
        return Held(
            hold.state,
            hold.amount,
            hold.bounds,
            hold.expires,
            hold.price,
            wallet.available,
            is_replay=is_replay,
        )
    price = world.prices.by_number[hold.price]
    return _refused(hold.refusal, price, hold.bounds, hold.available)


def _refused(code: str, price: Price, bounds: Amounts, available: int) -> Refused:
    if code not in ("cut_off", "insufficient_credit"):
        return Refused(code)
    affordable = max(0, price.most_output(bounds, available)) if code == "insufficient_credit" else 0
    return Refused(code, price.dearest(bounds), available, affordable)


def extend(world: World, step: Extend) -> Answer:
    if not 0 < step.lasts <= DAY:
        return Failed("invalid")
    found = _own(world, step.request, step.gateway)
    if not isinstance(found, tuple):
        return found
    who, hold = found
    if hold.state != "open":
        return Failed("request_conflict")
    price = world.prices.by_number[hold.price]
    failed = _bounded(world, price, step.bounds)
    if failed:
        return failed
    bounds = _amounts(step.bounds)
    wallet = world.wallet(who)
    growth = price.dearest(bounds) - hold.amount
    if growth > 0:
        code = _may_not_grow(world, hold, who, growth)
        if code:
            return _refused(code, price, bounds, wallet.available + hold.amount)

    hold.amount, hold.bounds, hold.expires = price.dearest(bounds), bounds, world.now + step.lasts
    world.close_books(who)
    return Held("open", hold.amount, bounds, hold.expires, hold.price, wallet.available)


def _may_not_grow(world: World, hold: Hold, who: str, growth: int) -> str | None:
    customer, key = world.customers[who], world.keys[hold.key]
    if customer.state != "active":
        return f"customer_{customer.state}"
    if key.revoked is not None:
        return "key_revoked"
    if key.expires is not None and key.expires <= world.now:
        return "key_expired"
    return "insufficient_credit" if growth > customer.wallet.available else None


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


def _amounts(bounds: Bounds) -> Amounts:
    return bounds.input, bounds.output, bounds.web_search


def _body(step: Place) -> Place:
    """What tells a repetition from another request under the same id."""
    return replace(step, minted=0)
