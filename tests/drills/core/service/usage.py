"""Steps on usage: reports, settlement, quarantine."""

from catalog.rating import METERS
from tests.drills.core import steps
from tests.drills.core.model.answers import Answer, Done, Skipped
from tests.drills.core.service.scene import Scene
from tests.drills.core.service.stage import request_of
from usage.models import QuarantinedEvent
from usage.services import ingest, quarantine
from usage.services.corrections import evidence, late_prices
from usage.services.reports import Report, Reporter
from usage.services.settlement import drain
from usage.services.settlement.batch import NOTHING


def report(scene: Scene, step: steps.Report) -> Answer:
    reporter = Reporter(scene.stage.gateways[step.gateway], may_be_unheld=step.unheld)
    results = ingest.accept([_report(scene, usage) for usage in step.events], reporter, now=scene.now)
    return Done(tuple((result.result, result.code) for result in results))


def settle(scene: Scene, _: steps.Settle) -> Answer:
    settled = NOTHING
    while (done := drain.settle_next(now=scene.now)).events:
        settled = settled.and_then(done)
    return Done((settled.events, settled.charges, settled.keys_changed))


def correct(scene: Scene, _: steps.CorrectCharges) -> Answer:
    judged = evidence.correct(now=scene.now)
    return Done((judged.conflicts, judged.corrections, judged.keys_changed))


def price_late(scene: Scene, step: steps.PriceLate) -> Answer:
    if step.price not in scene.stage.prices:
        return Skipped()
    done = late_prices.price(price_version_id=scene.stage.prices[step.price], now=scene.now)
    return Done((done.requests, done.amount_nanos, done.units.total(), done.keys_changed))


def replay_quarantine(scene: Scene, _: steps.ReplayQuarantine) -> Answer:
    results = []
    for event_id in quarantine.waiting():
        event = QuarantinedEvent.objects.get(id=event_id)
        replayed = quarantine.replay(event_id=event_id, now=scene.now)
        assert replayed, "it was waiting"
        results.append((request_of(str(event.request_id)), replayed.result, replayed.code))
    return Done(tuple(sorted(results, key=str)))


def answer_by_hand(scene: Scene, step: steps.AnswerByHand) -> Answer:
    if step.request not in scene.requests:
        return Done(0)
    events = QuarantinedEvent.objects.filter(request_id=scene.requests[step.request], resolved_at=None)
    for event in events:
        quarantine.resolve(event_id=event.id, reason="it was a test", now=scene.now)
    return Done(len(events))


def _report(scene: Scene, usage: steps.Usage) -> Report:
    request_id = scene.mint(usage.request, usage.minted)
    digest = scene.stage.digest(usage.key)
    reported = {meter: count for meter, count in zip(METERS, usage.counts, strict=True) if count is not None}
    return Report(
        request_id=request_id,
        key_digest=digest,
        model=usage.model,
        counts=usage.counts,
        outcome=usage.outcome,
        evidence=usage.evidence,
        reported_cost_nanos=None,
        upstream_request_id=None,
        first_byte_ms=None,
        duration_ms=None,
        payload={
            "request_id": str(request_id),
            "key_digest": digest.hex(),
            "model": usage.model,
            "meters": reported,
            "outcome": usage.outcome,
            "evidence": usage.evidence,
        },
    )
