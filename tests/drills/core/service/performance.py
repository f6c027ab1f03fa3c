"""Taking a step at the service, and its answer in the model's terms."""

from collections.abc import Callable
from typing import Any

from accounts.errors import AccountsError
from billing.errors import BillingError, Refused
from catalog.errors import CatalogError
from tests.drills.core import steps
from tests.drills.core.model import answers
from tests.drills.core.model.answers import Answer, Done, Failed
from tests.drills.core.service import credits, holds, keys, usage
from tests.drills.core.service.scene import Scene, ms


def _wait(scene: Scene, step: steps.Wait) -> Answer:
    scene.at += step.ms
    return Done()


VERBS: dict[type, Callable[[Scene, Any], Answer]] = {
    steps.Wait: _wait,
    steps.Grant: credits.grant,
    steps.Adjust: credits.adjust,
    steps.Place: holds.place,
    steps.Extend: holds.extend,
    steps.Release: holds.release,
    steps.Report: usage.report,
    steps.Settle: usage.settle,
    steps.CorrectCharges: usage.correct,
    steps.PriceLate: usage.price_late,
    steps.ExpireHolds: holds.expire,
    steps.ExpireLots: credits.expire_lots,
    steps.ForgetRefused: holds.forget_refused,
    steps.Publish: keys.publish,
    steps.ReplayQuarantine: usage.replay_quarantine,
    steps.AnswerByHand: usage.answer_by_hand,
    steps.CreateKey: keys.create,
    steps.RotateKey: keys.rotate,
    steps.RestrictKey: keys.restrict,
    steps.RevokeKey: keys.revoke,
    steps.SetLimit: keys.set_limit,
    steps.ClearLimit: keys.clear_limit,
    steps.TurnPeriods: keys.turn_periods,
    steps.Freeze: keys.freeze,
    steps.Unfreeze: keys.unfreeze,
    steps.Close: keys.close,
    steps.ChangePrice: credits.change_price,
    steps.CutOffBelow: credits.cut_off_below,
}


def perform(scene: Scene, step: steps.Step) -> Answer:
    """Take the step; what the service refuses is an answer, anything else that it raises is not."""
    try:
        return VERBS[type(step)](scene, step)
    except Refused as refused:
        return answers.Refused(
            refused.code,
            refused.extra.get("limit_source"),
            refused.extra.get("required_nanos"),
            refused.extra.get("available_nanos"),
            refused.extra.get("affordable_output"),
            ms(refused.extra["resumes_at"]) if "resumes_at" in refused.extra else None,
        )
    except (BillingError, AccountsError, CatalogError) as error:
        return Failed(error.code)
