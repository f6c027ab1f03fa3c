"""Keys and customers: what they may do, and what readers of key states are told."""

from tests.drills.core.model import limits
from tests.drills.core.model.answers import Answer, Done, Failed, Skipped
from tests.drills.core.model.world import Key, World
from tests.drills.core.steps import (
    Close,
    CreateKey,
    Freeze,
    Publish,
    RestrictKey,
    RevokeKey,
    RotateKey,
    Unfreeze,
)

LONGEST_OVERLAP = 30 * 24 * 3600 * 1000
# A state, since when, the models allowed, when the key expires, when it resumes by itself, its version.
KeyState = tuple[str, int | None, tuple[str, ...], int | None, int | None, int]


def create(world: World, step: CreateKey) -> Answer:
    if world.customers[step.who].state == "closed":
        return Failed("customer_closed")
    if step.lasts is not None and step.lasts <= 0:
        return Failed("invalid")
    if any(model not in world.models for model in step.allowed):
        return Failed("invalid")
    expires = None if step.lasts is None else world.now + step.lasts
    world.keys[step.key] = Key(step.who, step.key, world.now, expires, tuple(sorted(set(step.allowed))))
    return _changed(world, step.who)


def rotate(world: World, step: RotateKey) -> Answer:
    """A successor with the same length of life; the old key works for the overlap at most."""
    old = world.keys.get(step.key)
    if old is None:
        return Skipped()
    if not 0 <= step.overlap <= LONGEST_OVERLAP:
        return Failed("invalid")
    if world.customers[old.who].state == "closed":
        return Failed("customer_closed")
    if old.is_replaced:
        return Failed("key_replaced")
    if old.revoked is not None or (old.expires is not None and old.expires <= world.now):
        return Failed("key_not_active")

    expires = None if old.expires is None else world.now + old.expires - old.created
    world.keys[step.successor] = Key(old.who, old.first, world.now, expires, old.allowed)
    ends = world.now + step.overlap
    old.expires = ends if old.expires is None else min(old.expires, ends)
    old.is_replaced = True
    return _changed(world, old.who)


def restrict(world: World, step: RestrictKey) -> Answer:
    key = world.keys.get(step.key)
    if key is None:
        return Skipped()
    if any(model not in world.models for model in step.allowed):
        return Failed("invalid")
    key.allowed = tuple(sorted(set(step.allowed)))
    return _changed(world, key.who)


def revoke(world: World, step: RevokeKey) -> Answer:
    key = world.keys.get(step.key)
    if key is None:
        return Skipped()
    if key.revoked is None:
        key.revoked = world.now
    return _changed(world, key.who)


def freeze(world: World, step: Freeze) -> Answer:
    return _move(world, step.who, "frozen")


def unfreeze(world: World, step: Unfreeze) -> Answer:
    return _move(world, step.who, "active")


def close(world: World, step: Close) -> Answer:
    world.customers[step.who].state = "closed"
    return _changed(world, step.who)


def _move(world: World, who: str, state: str) -> Answer:
    if world.customers[who].state == "closed":
        return Failed("customer_closed")
    world.customers[who].state = state
    return _changed(world, who)


def _changed(world: World, who: str) -> Answer:
    world.close_books(who, touched=True)
    return Done()


def state_of(world: World, number: int) -> KeyState:
    key = world.keys[number]
    customer = world.customers[key.who]
    line = world.line_of(number)
    if key.revoked is not None:
        state, since = "revoked", key.revoked
    elif key.expires is not None and key.expires <= world.now:
        state, since = "expired", key.expires
    elif customer.state != "active":
        state, since = customer.state, None
    elif customer.wallet.cut_off is not None:
        state, since = "cut_off", customer.wallet.cut_off
    elif line and line.cut_off is not None and not limits.is_over(world, line):
        state, since = "limit_reached", line.cut_off
    else:
        state, since = "active", None
    resumes = limits.resumes(world, line) if line and state == "limit_reached" else None
    return state, since, key.allowed, key.expires, resumes, customer.wallet.version


def publish(world: World, _: Publish) -> Answer:
    """Tell readers the states of all keys of customers where something changed."""
    told = 0
    for who, customer in world.customers.items():
        if not customer.wallet.waits:
            continue
        customer.wallet.waits = 0
        for number, key in world.keys.items():
            if key.who == who:
                world.published[number] = state_of(world, number)
                told += 1
    world.positions += told
    return Done(told)
