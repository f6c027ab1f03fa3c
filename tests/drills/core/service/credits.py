"""Steps on credit, prices and the threshold of the cut-off."""

from datetime import timedelta

from django.conf import settings

from billing.services import credits, cut_offs, lots
from catalog import prices
from catalog.services import price_versions
from tests.drills.core import steps
from tests.drills.core.model.answers import Answer, Done
from tests.drills.core.service import clock
from tests.drills.core.service.scene import Scene
from tests.drills.core.service.stage import moment, price_set


def grant(scene: Scene, step: steps.Grant) -> Answer:
    given = credits.grant(
        customer_id=scene.stage.customers[step.who],
        amount_nanos=step.nanos,
        reason="a drill",
        effect_key=f"effect:{step.effect}",
        now=scene.now,
        expires_at=None if step.lasts is None else scene.now + timedelta(milliseconds=step.lasts),
    )
    return Done(given)


def adjust(scene: Scene, step: steps.Adjust) -> Answer:
    adjusted = credits.adjust(
        customer_id=scene.stage.customers[step.who],
        amount_nanos=step.nanos,
        reason="a drill",
        author_id=scene.stage.authors[step.who],
        effect_key=f"effect:{step.effect}",
        now=scene.now,
    )
    return Done(adjusted)


def expire_lots(scene: Scene, _: steps.ExpireLots) -> Answer:
    return Done(lots.expire(now=scene.now))


def cut_off_below(scene: Scene, step: steps.CutOffBelow) -> Answer:
    settings.CUT_OFF_BELOW_NANOS = step.nanos
    return Done(cut_offs.judge_all(now=scene.now))


def change_price(scene: Scene, step: steps.ChangePrice) -> Answer:
    clock.move(scene.now)
    version = price_versions.publish(
        model_id=scene.stage.models[step.model],
        price_set=price_set(step.picos),
        now=scene.now,
        effective_at=moment(scene.at + step.ahead),
    )
    scene.stage.prices[step.price] = version.id
    prices.forget()
    return Done()
