"""Keys and customers."""

from tests.drills.core.model.world import World
from tests.drills.core.recipes.dice import Dice, chance
from tests.drills.core.setting import RAGGED, STEADY
from tests.drills.core.steps import (
    DAY,
    HOUR,
    MINUTE,
    Close,
    CreateKey,
    Freeze,
    RestrictKey,
    RevokeKey,
    RotateKey,
    Unfreeze,
)

ALLOWED = ((), (STEADY,), (RAGGED, STEADY), (RAGGED,), ("unheard-of",))
LIVES = (None, HOUR, MINUTE, DAY, 0)
OVERLAPS = (HOUR, 0, MINUTE, DAY, 31 * DAY)

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


def customer(dice: Dice, world: World) -> Freeze | Unfreeze | Close:
    frozen = [who for who, customer in world.customers.items() if customer.state == "frozen"]
    if frozen and chance(dice, 80):
        return Unfreeze(dice.pick(frozen))
    who = dice.pick(tuple(world.customers))
    return Close(who) if chance(dice, 6) else Freeze(who)
