"""Holds: new ones at the edge of what is available, repeated ones, and those of others."""

from dataclasses import replace

from tests.drills.core.model.keys import state_of
from tests.drills.core.model.wallets import Hold
from tests.drills.core.model.world import World
from tests.drills.core.recipes.dice import Dice, chance
from tests.drills.core.setting import GATEWAYS, RAGGED, STEADY, YOUNG
from tests.drills.core.steps import DAY, HOUR, MINUTE, NOBODYS_KEY, SECOND, Bounds, Extend, Place, Release

INPUTS = (0, 374, 1, 1001, 3000)
OUTPUTS = (500, 1000, 200, 1, 0, 1201, 3001)
TTLS = (900, 60, 60, 200, 86_400)
MINTED = (0, -MINUTE, -HOUR, -DAY, 4 * MINUTE, 5 * MINUTE)
OUT_OF_WINDOW = (5 * MINUTE + 2 * SECOND, -36 * DAY, -35 * DAY - SECOND)
EXTENSIONS = (15 * MINUTE, MINUTE, DAY, 1, DAY + 1, 0)
NEAR = (0, 1, -1)


def place(dice: Dice, world: World) -> Place:
    asked = held(world)
    if asked and chance(dice, 12):
        return _again(dice, dice.pick(asked))
    model = pick_model(dice)
    key = pick_key(dice, world)
    bounds = _bounds(dice, world, key, model)
    return Place(
        request=new_request(dice, world),
        key=key,
        gateway=dice.pick(GATEWAYS),
        model=model,
        bounds=bounds,
        min_output=_least(dice, bounds.output) if chance(dice, 30) else None,
        ttl_s=dice.pick(TTLS),
        minted=minted(dice, world, model),
    )


def _least(dice: Dice, out: int) -> int | None:
    """What to clamp to at the least, within what the API takes."""
    return dice.pick((1, (out + 1) // 2, out)) if out else None


def extend(dice: Dice, world: World) -> Extend:
    hold = dice.pick(_mostly_open(dice, world)) if held(world) else None
    if hold is None:
        return Extend(0, 1, Bounds(0, 1), MINUTE)
    bounds = _bounds(dice, world, hold.key, hold.model, more=hold.amount)
    return Extend(hold.request, _gateway(dice, hold), bounds, dice.pick(EXTENSIONS))


def release(dice: Dice, world: World) -> Release:
    hold = dice.pick(_mostly_open(dice, world)) if held(world) else None
    if hold is None:
        return Release(0, 1)
    return Release(hold.request, _gateway(dice, hold))


def held(world: World) -> list[Hold]:
    return [hold for customer in world.customers.values() for hold in customer.wallet.holds.values()]


def pick_model(dice: Dice) -> str:
    return dice.pick((STEADY,) * 20 + (RAGGED,) * 16 + (YOUNG,) * 3 + ("unheard-of",))


def pick_key(dice: Dice, world: World) -> int:
    if chance(dice, 2):
        return NOBODYS_KEY
    able = [number for number in world.keys if state_of(world, number)[0] == "active"]
    return dice.pick(able if able and chance(dice, 80) else list(world.keys))


def new_request(dice: Dice, world: World) -> int:
    """A request's number: mostly one that nobody has used."""
    if world.minted and chance(dice, 6):
        return dice.pick(list(world.minted))
    return 1 + max(world.minted, default=-1)


def minted(dice: Dice, world: World, model: str) -> int:
    """When the id was made: mostly now, or about when the model's price changed."""
    price = world.prices.in_force(model, world.now)
    age = world.now - price.effective if price else 0
    if 0 < age < 3 * DAY and chance(dice, 50):
        return dice.pick((-1, 0, -HOUR)) - age
    if chance(dice, 80):
        return 0
    return dice.pick(OUT_OF_WINDOW if chance(dice, 15) else MINTED)


def _again(dice: Dice, hold: Hold) -> Place:
    """The same request once more: with the same body, or with another."""
    if chance(dice, 60):
        return hold.body
    bounds = replace(hold.body.bounds, output=hold.body.bounds.output + 1)
    return dice.pick(
        (
            replace(hold.body, bounds=bounds),
            replace(hold.body, ttl_s=1000),
            replace(hold.body, bounds=bounds, min_output=None if hold.body.min_output else 1),
            replace(hold.body, gateway=3 - hold.body.gateway),
        )
    )


def _bounds(dice: Dice, world: World, key: int, model: str, *, more: int = 0) -> Bounds:
    searches = dice.pick((1, 2)) if model == RAGGED and chance(dice, 20) else int(chance(dice, 1))
    if chance(dice, 2):
        return Bounds(dice.pick((0, 200_001)), dice.pick((64_001, 1)), searches)
    tokens_in, out = dice.pick(INPUTS), dice.pick(OUTPUTS)
    price = world.prices.in_force(model, world.now)
    if key in world.keys and price and chance(dice, 35):
        available = world.wallet(world.keys[key].who).available + more
        most = price.most_output((tokens_in, world.models[model].most_output, searches), available)
        out = max(0, most + dice.pick(NEAR))
    return Bounds(tokens_in, out, searches)


def _mostly_open(dice: Dice, world: World) -> list[Hold]:
    placed = [hold for hold in held(world) if hold.state != "refused"]
    running = [hold for hold in placed if hold.state == "open"]
    if running and chance(dice, 80):
        return running
    return placed if placed and chance(dice, 85) else held(world)


def _gateway(dice: Dice, hold: Hold) -> int:
    return 3 - hold.gateway if chance(dice, 7) else hold.gateway
