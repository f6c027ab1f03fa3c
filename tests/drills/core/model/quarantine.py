"""Events that could not be charged: tried again, or answered by hand."""

from tests.drills.core.model.answers import Answer, Done
from tests.drills.core.model.usage import BY_HAND, take_in
from tests.drills.core.model.world import Quarantined, Waiting, World
from tests.drills.core.steps import AnswerByHand, ReplayQuarantine


def replay(world: World, _: ReplayQuarantine) -> Answer:
    """Try every open event again, oldest first."""
    results = []
    for kept in sorted(world.quarantine.values(), key=lambda kept: kept.received):
        if not kept.resolution:
            result, code = _again(world, kept)
            results.append((kept.usage.request, result, code))
            if result != "quarantined":
                kept.resolution = f"replayed: {result}"
    return Done(tuple(sorted(results, key=str)))


def _again(world: World, kept: Quarantined) -> tuple[str, str | None]:
    usage = kept.usage
    if kept.is_row:
        who = world.keys[usage.key].who
        world.inbox.setdefault((who, usage.request), Waiting(usage, kept.gateway, kept.received))
        return "accepted", None
    judged_at = max(kept.received, min(world.minted[usage.request], world.now))
    return take_in(world, usage, kept.gateway, unheld=kept.unheld, now=judged_at)


def answer_by_hand(world: World, step: AnswerByHand) -> Answer:
    answered = 0
    for kept in world.quarantine.values():
        if kept.usage.request == step.request and not kept.resolution:
            kept.resolution = f"{BY_HAND}it was a test"
            answered += 1
    return Done(answered)
