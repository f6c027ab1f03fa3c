"""The next step of a history, with how often each kind comes."""

from collections.abc import Callable

from tests.drills.core import steps
from tests.drills.core.model.world import World
from tests.drills.core.recipes import credits, holds, keys, usage
from tests.drills.core.recipes.dice import Dice, chance

Recipe = Callable[[Dice, World], steps.Step]


def _plain(step: steps.Step) -> Recipe:
    return lambda _dice, _world: step


RECIPES: dict[str, tuple[int, Recipe]] = {
    "place": (28, holds.place),
    "report": (18, usage.report),
    "settle": (9, _plain(steps.Settle())),
    "correct_charges": (4, _plain(steps.CorrectCharges())),
    "price_late": (4, credits.price_late),
    "extend": (7, holds.extend),
    "release": (5, holds.release),
    "grant": (10, credits.grant),
    "adjust": (5, credits.adjust),
    "wait": (9, credits.wait),
    "expire_holds": (4, _plain(steps.ExpireHolds())),
    "expire_lots": (4, _plain(steps.ExpireLots())),
    "key": (5, keys.key),
    "limit": (5, keys.limit),
    "customer": (2, keys.customer),
    "publish": (2, _plain(steps.Publish())),
    "change_price": (6, credits.change_price),
    "cut_off_below": (1, credits.cut_off_below),
    "replay_quarantine": (2, _plain(steps.ReplayQuarantine())),
    "answer_by_hand": (1, usage.answer_by_hand),
    "forget_refused": (1, _plain(steps.ForgetRefused())),
}
_WEIGHTED = tuple(name for name, (weight, _) in RECIPES.items() for _ in range(weight))


def draw(dice: Dice, world: World) -> steps.Step:
    """Any step; where nobody can pay for anything, credit comes more often."""
    is_poor = all(customer.wallet.balance < world.below for customer in world.customers.values())
    name = "grant" if is_poor and chance(dice, 50) else dice.pick(_WEIGHTED)
    return RECIPES[name][1](dice, world)
