"""Keys and customers."""

from tests.drills.core.model.world import World
from tests.drills.core.recipes.dice import Dice, chance
from tests.drills.core.setting import RAGGED, STEADY
from tests.drills.core.steps import (
    DAY,
    HOUR,
    MINUTE,
    ClearLimit,
    Close,
    CreateKey,
    Freeze,
    RestrictKey,
    RevokeKey,
    RotateKey,
    SetLimit,
    TurnPeriods,
    Unfreeze,
)

ALLOWED = ((), (STEADY,), (RAGGED, STEADY), (RAGGED,), ("unheard-of",))
LIVES = (None, HOUR, MINUTE, DAY, 0)
OVERLAPS = (HOUR, 0, MINUTE, DAY, 31 * DAY)

LIMITS = (8_000_000, 20_000_000, 3_000_000, 999_999, 1_000_000, 0, 10**15 + 1, -1)
PERIODS = ("day", "week", "month", "total")

KeyStep = CreateKey | RotateKey | RestrictKey | RevokeKey


def key(dice: Dice, world: World) -> KeyStep:
    number = dice.pick(list(world.keys))
    new = 10 + len(world.keys)
    kind = dice.number(1, 10)
    if kind <= 4:
        return CreateKey(new, dice.pick(tuple(world.customers)), dice.pick(LIVES), dice.pick(ALLOWED))
    if kind <= 7:
        return RotateKey(number, new, dice.pick(OVERLAPS))
    if kind <= 9:
        return RestrictKey(number, dice.pick(ALLOWED))
    return RevokeKey(number)


def limit(dice: Dice, world: World) -> SetLimit | ClearLimit | TurnPeriods:
    """A new limit, often where the spending of the line is just at it."""
    kind = dice.number(1, 10)
    if kind > 8:
        return TurnPeriods()
    number = dice.pick(list(world.keys))
    if kind == 8:
        return ClearLimit(number)
    line = world.line_of(number)
    nanos = dice.pick(LIMITS)
    if line and chance(dice, 40):
        nanos = world.spent(line) + dice.pick((world.below, world.held_of(line))) + dice.pick((0, -1, 1))
    return SetLimit(number, nanos, dice.pick(PERIODS))


def customer(dice: Dice, world: World) -> Freeze | Unfreeze | Close:
    frozen = [who for who, customer in world.customers.items() if customer.state == "frozen"]
    if frozen and chance(dice, 80):
        return Unfreeze(dice.pick(frozen))
    who = dice.pick(tuple(world.customers))
    return Close(who) if chance(dice, 6) else Freeze(who)
