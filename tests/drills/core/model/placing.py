"""Holds that are placed, refused, or asked for again."""

from dataclasses import replace

from tests.drills.core.model import limits, terms
from tests.drills.core.model.answers import Answer, Failed, Held
from tests.drills.core.model.prices import Price
from tests.drills.core.model.wallets import Hold, Wallet
from tests.drills.core.model.world import DAY, FIVE_MINUTES, OLDEST_ID, Line, World
from tests.drills.core.steps import Place


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
    if (key.who, step.request) in world.charges:
        return Failed("request_conflict")
    return _decide(world, step, key.who, priced)


def _decide(world: World, step: Place, who: str, price: Price) -> Answer:
    wallet, line = world.wallet(who), world.line_of(step.key)
    if line:
        _turn(world, line, step, who)
    bounds = terms.amounts(step.bounds)
    code = _forbidden(world, step, who)
    room = terms.room_of(world, wallet, line)
    if code is None and price.dearest(bounds) > min(room.values()):
        most = price.most_output(bounds, min(room.values()))
        if step.min_output is not None and most >= step.min_output:
            bounds = (bounds[0], most, bounds[2])
        else:
            code = terms.tighter(room)

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
        available=room["key"] if code == "key_limit_reached" else wallet.available,
        bounds=bounds,
        placed=world.now,
        expires=world.now + step.ttl_s * 1000,
        ended=world.now if code else None,
        resumes=limits.resumes(world, line) if line and code == "key_limit_reached" else None,
        period=line.start if line and code is None else None,
    )
    wallet.holds[step.request] = hold
    return _answer(world, hold, wallet, is_replay=False)


def _turn(world: World, line: Line, step: Place, who: str) -> None:
    """The first request of a new period begins it."""
    before = line.start
    limits.roll(line, world.minted[step.request] // DAY)
    if line.start > before:
        world.close_books(who)


def _price(world: World, step: Place) -> Price | Failed:
    minted = world.minted[step.request]
    if minted > world.now + FIVE_MINUTES:
        return Failed("clock_skew")
    if minted < world.now - OLDEST_ID:
        return Failed("invalid")
    price = world.prices.in_force(step.model, world.now) if step.model in world.models else None
    if price is None:
        return Failed("unknown_model")
    return terms.bounded(world, price, step.bounds) or price


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
    if customer.wallet.cut_off is not None:
        return "cut_off"
    line = world.line_of(step.key)
    return "key_limit_reached" if line and line.cut_off is not None else None


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
    return terms.refused(hold.refusal, price, hold.bounds, hold.available, hold.resumes)


def _body(step: Place) -> Place:
    """What tells a repetition from another request under the same id."""
    return replace(step, minted=0)
