"""Credit, prices, the clock and the threshold."""

from tests.drills.core.model.prices import WEB_SEARCH
from tests.drills.core.model.world import World
from tests.drills.core.recipes.dice import Dice, chance
from tests.drills.core.setting import RAGGED, STEADY, YOUNG
from tests.drills.core.steps import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Adjust,
    ChangePrice,
    CutOffBelow,
    Grant,
    PriceLate,
    Wait,
)

AMOUNTS = (13_000_001, 5_295_000, 60_000_000, 2_647_500, 120_000_000, 1_000_000, 999_999, 1, 30_000_500)
OUT_OF_RANGE = (0, 10**15 + 1)
LASTING = (None, None, MINUTE, 5 * MINUTE, HOUR, DAY, 3 * DAY)
NEAR = (0, 1, -1)

PRICE_SETS = {
    STEADY: (
        (1_059_000, 5_295_000, None, None, None, None),
        (1_200_500, 4_999_500, 120_500, None, 2_400_500, 3_000_000_500),
        (999_001, 6_000_999, None, 1_250_000, None, 5_000_000_000),
    ),
    RAGGED: (
        (250_500, 1_250_500, 25_050, 313_125, 501_500, 10_000_000_500),
        (300_500, 1_500_500, None, 375_625, None, None),
        (1, 1_500, None, None, None, 1),
        (500, 1_500, 50_500, 2_500, 3_500, 1_000_500),
    ),
    YOUNG: ((800_500, 2_400_500, None, None, None, None), (400_500, 3_000_500, 40_500, None, None, None)),
}
AHEAD = (5 * MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, 5 * MINUTE - 1)
AHEAD_OF_FIRST = (0, -DAY, -10 * DAY, HOUR, -36 * DAY)


def grant(dice: Dice, world: World) -> Grant:
    who = _who(dice, world)
    effect, nanos = _effect(dice, world, who, "grant")
    return Grant(effect, who, nanos, dice.pick(LASTING))


def adjust(dice: Dice, world: World) -> Adjust:
    who = _who(dice, world)
    effect, nanos = _effect(dice, world, who, "adjustment")
    if chance(dice, 50):
        nanos = -nanos
    if chance(dice, 40):
        nanos = -(world.wallet(who).available + dice.pick(NEAR))
    return Adjust(effect, who, nanos)


def wait(dice: Dice, world: World) -> Wait:
    until_midnight = DAY - world.now % DAY
    edges = (until_midnight - 2 * SECOND, until_midnight, until_midnight + 1)
    spans = (59 * SECOND, 1, 61 * SECOND, 5 * MINUTE, 15 * MINUTE, HOUR, 8 * HOUR, DAY, 3 * DAY)
    return Wait(dice.pick(spans if chance(dice, 70) else edges))


def change_price(dice: Dice, world: World) -> ChangePrice:
    unpriced = [charge.usage.model for charge in world.charges.values() if charge.unpriced]
    model = dice.pick(unpriced if unpriced and chance(dice, 50) else (YOUNG, STEADY, RAGGED))
    has_price = bool(world.prices.of_model(model))
    number = max(world.prices.by_number) + 1
    return ChangePrice(
        number, model, dice.pick(PRICE_SETS[model]), dice.pick(AHEAD if has_price else AHEAD_OF_FIRST)
    )


def price_late(dice: Dice, world: World) -> PriceLate:
    """Mostly a version that prices what some charge of its model left unpriced."""
    unpriced = {charge.usage.model for charge in world.charges.values() if charge.unpriced}
    wanted = [
        number
        for number, price in world.prices.by_number.items()
        if price.model in unpriced and price.picos[WEB_SEARCH]
    ]
    return PriceLate(dice.pick(wanted if wanted and chance(dice, 90) else list(world.prices.by_number)))


def cut_off_below(dice: Dice, _: World) -> CutOffBelow:
    return CutOffBelow(dice.pick((1_000_000, 0, 1, 5_000_000)))


def _who(dice: Dice, world: World) -> str:
    """Mostly somebody who needs it."""
    needy = [who for who, customer in world.customers.items() if customer.wallet.cut_off is not None]
    return dice.pick(needy if needy and chance(dice, 60) else list(world.customers))


def _effect(dice: Dice, world: World, who: str, kind: str) -> tuple[int, int]:
    """A new effect with an amount, or one that was posted before, with the same amount or another."""
    posted = [(effect, content) for (owner, effect), content in world.effects.items() if owner == who]
    if posted and chance(dice, 12):
        effect, content = dice.pick(posted)
        return effect, content[1] if content[0] == kind and chance(dice, 60) else dice.pick(AMOUNTS)
    return 1 + max((effect for _, effect in world.effects), default=0), _amount(dice, world, who)


def _amount(dice: Dice, world: World, who: str) -> int:
    wallet = world.wallet(who)
    edges = [
        edge for edge in (wallet.debt, world.below - wallet.balance, wallet.debt + world.below) if edge > 1
    ]
    if edges and chance(dice, 35):
        return dice.pick(edges) + dice.pick((*NEAR, 20_000_000, 50_000_000))
    return dice.pick(OUT_OF_RANGE) if chance(dice, 2) else dice.pick(AMOUNTS)
