"""One entry: what the model answers to a step, and how the step changes it."""

from collections.abc import Callable
from typing import Any

from tests.drills.core import steps
from tests.drills.core.model import (
    corrections,
    credits,
    holds,
    keys,
    limits,
    placing,
    quarantine,
    settlement,
    usage,
)
from tests.drills.core.model.answers import Answer, Done, Failed
from tests.drills.core.model.prices import Price
from tests.drills.core.model.world import World


def _wait(world: World, step: steps.Wait) -> Answer:
    world.now += step.ms
    return Done()


def _change_price(world: World, step: steps.ChangePrice) -> Answer:
    price = Price(step.price, step.model, world.now + step.ahead, step.picos)
    return Done() if world.prices.publish(price, now=world.now) else Failed("price_refused")


RULES: dict[type, Callable[[World, Any], Answer]] = {
    steps.Wait: _wait,
    steps.Grant: credits.grant,
    steps.Adjust: credits.adjust,
    steps.Place: placing.place,
    steps.Extend: holds.extend,
    steps.Release: holds.release,
    steps.Report: usage.report,
    steps.Settle: settlement.settle,
    steps.CorrectCharges: corrections.correct,
    steps.PriceLate: corrections.price_late,
    steps.ExpireHolds: holds.expire,
    steps.ExpireLots: credits.expire_lots,
    steps.ForgetRefused: holds.forget_refused,
    steps.Publish: keys.publish,
    steps.ReplayQuarantine: quarantine.replay,
    steps.AnswerByHand: quarantine.answer_by_hand,
    steps.CreateKey: keys.create,
    steps.RotateKey: keys.rotate,
    steps.RestrictKey: keys.restrict,
    steps.RevokeKey: keys.revoke,
    steps.SetLimit: limits.set_limit,
    steps.ClearLimit: limits.clear_limit,
    steps.TurnPeriods: limits.turn_periods,
    steps.Freeze: keys.freeze,
    steps.Unfreeze: keys.unfreeze,
    steps.Close: keys.close,
    steps.ChangePrice: _change_price,
    steps.CutOffBelow: credits.cut_off_below,
}


def predict(world: World, step: steps.Step) -> Answer:
    """Take the step in the model and return what the service is to answer."""
    return RULES[type(step)](world, step)
