"""Steps on keys and customers."""

import json
from datetime import timedelta

from accounts import key_format
from accounts.services.api_keys import IssuedKey
from billing import valkey
from billing.services import customers, key_limits, key_periods, keys, publisher
from tests.drills.core import steps
from tests.drills.core.model.answers import Answer, Done, Skipped
from tests.drills.core.service.scene import Scene


def create(scene: Scene, step: steps.CreateKey) -> Answer:
    issued = keys.create(
        customer=scene.stage.customer(step.who),
        name=f"Key {step.key}",
        now=scene.now,
        expires_at=None if step.lasts is None else scene.now + timedelta(milliseconds=step.lasts),
        allowed_models=step.allowed,
    )
    return _remember(scene, step.key, issued)


def rotate(scene: Scene, step: steps.RotateKey) -> Answer:
    if step.key not in scene.stage.keys:
        return Skipped()
    issued = keys.rotate(
        customer=scene.owner(step.key),
        api_key_id=scene.stage.keys[step.key][0],
        overlap=timedelta(milliseconds=step.overlap),
        now=scene.now,
    )
    return _remember(scene, step.successor, issued)


def restrict(scene: Scene, step: steps.RestrictKey) -> Answer:
    if step.key not in scene.stage.keys:
        return Skipped()
    keys.restrict(
        customer=scene.owner(step.key),
        api_key_id=scene.stage.keys[step.key][0],
        allowed_models=step.allowed,
        now=scene.now,
    )
    return Done()


def revoke(scene: Scene, step: steps.RevokeKey) -> Answer:
    if step.key not in scene.stage.keys:
        return Skipped()
    keys.revoke(customer=scene.owner(step.key), api_key_id=scene.stage.keys[step.key][0], now=scene.now)
    return Done()


def set_limit(scene: Scene, step: steps.SetLimit) -> Answer:
    if step.key not in scene.stage.keys:
        return Skipped()
    key_limits.set_limit(
        customer=scene.owner(step.key),
        api_key_id=scene.stage.keys[step.key][0],
        limit_nanos=step.nanos,
        period=step.period,
        now=scene.now,
    )
    return Done()


def clear_limit(scene: Scene, step: steps.ClearLimit) -> Answer:
    if step.key not in scene.stage.keys:
        return Skipped()
    key_limits.clear_limit(
        customer=scene.owner(step.key), api_key_id=scene.stage.keys[step.key][0], now=scene.now
    )
    return Done()


def turn_periods(scene: Scene, _: steps.TurnPeriods) -> Answer:
    return Done(key_periods.turn_all(now=scene.now))


def freeze(scene: Scene, step: steps.Freeze) -> Answer:
    customers.freeze(customer_id=scene.stage.customers[step.who], reason="a drill", now=scene.now)
    return Done()


def unfreeze(scene: Scene, step: steps.Unfreeze) -> Answer:
    customers.unfreeze(customer_id=scene.stage.customers[step.who], reason="a drill", now=scene.now)
    return Done()


def close(scene: Scene, step: steps.Close) -> Answer:
    customers.close(customer_id=scene.stage.customers[step.who], reason="a drill", now=scene.now)
    return Done()


def publish(scene: Scene, _: steps.Publish) -> Answer:
    return Done(publisher.publish(now=scene.now))


def cached(scene: Scene) -> dict[int, dict[str, object]]:
    """The states that readers find in Valkey, by key."""
    numbers = list(scene.stage.keys)
    names = [valkey.key_state(scene.stage.digest(number).hex()) for number in numbers]
    found: list[bytes | None] = valkey.client().mget(names)  # type: ignore[assignment]
    return {number: json.loads(text) for number, text in zip(numbers, found, strict=True) if text}


def _remember(scene: Scene, number: int, issued: IssuedKey) -> Answer:
    scene.stage.keys[number] = issued.key.id, key_format.digest_of(issued.secret)
    return Done()
