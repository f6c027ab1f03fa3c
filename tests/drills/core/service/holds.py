"""Steps on holds."""

from datetime import timedelta

from billing.services.holds import end
from billing.services.holds import extend as extending
from billing.services.holds import place as placing
from billing.services.holds.requests import HoldAnswer, HoldRequest
from catalog.rating import Bounds
from tests.drills.core import steps
from tests.drills.core.model.answers import Answer, Done, Held, Skipped
from tests.drills.core.service.scene import Scene, ms


def place(scene: Scene, step: steps.Place) -> Answer:
    request = HoldRequest(
        request_id=scene.mint(step.request, step.minted),
        key_digest=scene.stage.digest(step.key),
        model=step.model,
        bounds=_bounds(step.bounds),
        gateway_id=scene.stage.gateways[step.gateway],
        min_output=step.min_output,
        ttl_s=step.ttl_s,
    )
    return _held(scene, placing.hold(request, now=scene.now))


def extend(scene: Scene, step: steps.Extend) -> Answer:
    if step.request not in scene.requests:
        return Skipped()
    held = extending.hold(
        request_id=scene.requests[step.request],
        gateway_id=scene.stage.gateways[step.gateway],
        bounds=_bounds(step.bounds),
        expires_at=scene.now + timedelta(milliseconds=step.lasts),
        now=scene.now,
    )
    return _held(scene, held)


def release(scene: Scene, step: steps.Release) -> Answer:
    if step.request not in scene.requests:
        return Skipped()
    ended = end.release(
        request_id=scene.requests[step.request],
        gateway_id=scene.stage.gateways[step.gateway],
        reason="gave up",
        now=scene.now,
    )
    return Done(ended.state)


def expire(scene: Scene, _: steps.ExpireHolds) -> Answer:
    return Done(end.expire(now=scene.now))


def forget_refused(scene: Scene, _: steps.ForgetRefused) -> Answer:
    return Done(end.forget_refused(before=scene.now - timedelta(hours=24)))


def _bounds(bounds: steps.Bounds) -> Bounds:
    return Bounds(bounds.input, bounds.output, bounds.web_search)


def _held(scene: Scene, held: HoldAnswer) -> Held:
    return Held(
        state=held.state,
        amount=held.amount_nanos,
        bounds=(held.bounds.input, held.bounds.output, held.bounds.web_search),
        expires=ms(held.expires_at),
        price=scene.price_number(held.price_version_id),
        available=held.available_nanos,
        is_replay=held.is_replay,
    )
