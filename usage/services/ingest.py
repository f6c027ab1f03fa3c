"""Taking usage in: every report ends in the inbox, in quarantine, or is known already; nothing is dropped."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from billing import request_ids
from catalog import prices
from catalog.prices import ModelEntry
from usage.services import inbox, owners
from usage.services.reports import MOST_UNITS, Identified, Refused, Report, Reporter, Result

Requirement = Callable[[list[Identified]], tuple[list[Identified], list[Refused]]]


def accept(reports: Sequence[Report], reporter: Reporter, *, now: datetime) -> list[Result]:
    """Store reports and say of each, in the same order, what became of it.

    Everything is committed when this returns. A repeated report is a duplicate for life, also where a person
    answered for the first one; another body under the same id is kept as a conflict and the first stands.
    """
    if not reports:
        return []

    with transaction.atomic():
        unanswered, answered = _part_answered(reports, reporter)
        identified, refused = _identify(unanswered)
        requirements: list[Requirement] = [partial(_require_window, now=now), _require_prices]
        if not reporter.may_be_unheld:
            requirements.append(_require_holds)
        for requirement in requirements:
            if identified:
                identified, failing = requirement(identified)
                refused += failing
        results = _store(identified, reporter, now=now)
        inbox.quarantine(refused, reporter, now=now)

    results |= {id(report): Result(report.request_id, "duplicate") for report in answered}
    results |= {id(item.report): Result(item.report.request_id, "quarantined", item.code) for item in refused}
    return [results[id(report)] for report in reports]


def _part_answered(
    reports: Sequence[Report], reporter: Reporter
) -> tuple[Sequence[Report], Sequence[Report]]:
    known = inbox.answered_by_hand(reports, reporter)
    if not known:
        return reports, ()

    answered = [report for report in reports if (report.request_id, report.fingerprint()) in known]
    ids = {id(report) for report in answered}
    return [report for report in reports if id(report) not in ids], answered


def _identify(reports: Sequence[Report]) -> tuple[list[Identified], list[Refused]]:
    keys = owners.keys_of({report.key_digest for report in reports})
    models = {slug: prices.find_model(slug) for slug in {report.model for report in reports}}
    identified: list[Identified] = []
    refused: list[Refused] = []
    for report in reports:
        found = _identify_one(report, keys.get(report.key_digest), models[report.model])
        if isinstance(found, Refused):
            refused.append(found)
        else:
            identified.append(found)
    return identified, refused


def _identify_one(
    report: Report, key: tuple[UUID, UUID] | None, model: ModelEntry | None
) -> Identified | Refused:
    if key is None:
        return Refused(report, "unknown_key", "no API key has this digest")
    if model is None:
        return Refused(report, "unknown_model", f"the catalogue has no model {report.model!r}")
    counts = [count for count in report.counts if count is not None]
    if not counts or max(counts) > MOST_UNITS:
        return Refused(report, "impossible_meters", "no meter at all, or one above 1,000,000,000")

    return Identified(report, report.fingerprint(), key[1], key[0], model.id)


def _require_window(events: list[Identified], *, now: datetime) -> tuple[list[Identified], list[Refused]]:
    """What is known already is a duplicate or a conflict for life, however old it is."""
    if all(request_ids.is_in_window(request_id, now=now) for request_id in _span(events)):
        return events, []

    outside = [event for event in events if not request_ids.is_in_window(event.report.request_id, now=now)]
    if not outside:
        return events, []

    known = inbox.first_bodies(event.key for event in outside)
    without = {id(event) for event in outside if known[event.key] is None}
    refused = [
        Refused(event.report, "request_id_out_of_window", "older than 35 days or more than 5 minutes ahead")
        for event in outside
        if id(event) in without
    ]
    return [event for event in events if id(event) not in without], refused


def _span(events: Sequence[Identified]) -> tuple[UUID, UUID]:
    return request_ids.span([event.report.request_id for event in events])


def _require_prices(events: list[Identified]) -> tuple[list[Identified], list[Refused]]:
    """A hold has pinned its price; without one the model needs a price at the request's own time."""
    # A model that had a price at the first request's time has had one ever since.
    first = request_ids.time_of(_span(events)[0])
    if all(prices.in_force(model_id, first) for model_id in {event.model_id for event in events}):
        return events, []

    unpriced = [
        event
        for event in events
        if prices.in_force(event.model_id, request_ids.time_of(event.report.request_id)) is None
    ]
    held = inbox.held(unpriced)
    without = {id(event) for position, event in enumerate(unpriced) if position not in held}
    refused = [
        Refused(event.report, "no_price", "the model had no price at the time of the request")
        for event in unpriced
        if id(event) in without
    ]
    return [event for event in events if id(event) not in without], refused


def _require_holds(events: list[Identified]) -> tuple[list[Identified], list[Refused]]:
    held = inbox.held(events)
    if len(held) == len(events):
        return events, []

    without = [
        Refused(
            event.report, "no_hold", "the request had no hold, and the token lacks the scope usage:unheld"
        )
        for position, event in enumerate(events)
        if position not in held
    ]
    return [event for position, event in enumerate(events) if position in held], without


def _store(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> dict[int, Result]:
    first = {event.key: event for event in reversed(events)}
    new = inbox.insert(list(first.values()), reporter, now=now)
    if len(new) == len(events):
        return {id(event.report): Result(event.report.request_id, "accepted") for event in events}

    keys = set(new)
    accepted = [event for key, event in first.items() if key in keys]
    accepted_reports = {id(event.report) for event in accepted}
    others = [event for event in events if id(event.report) not in accepted_reports]
    results = {id(event.report): Result(event.report.request_id, "accepted") for event in accepted}
    return results | _compare(others, reporter, now=now)


def _compare(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> dict[int, Result]:
    """Tell duplicates from conflicts, and keep the conflicts."""
    if not events:
        return {}

    stored = inbox.first_bodies(event.key for event in events)
    conflicts = [event for event in events if stored[event.key] != event.fingerprint]
    inbox.keep_conflicts(conflicts, reporter, now=now)
    conflicting = {id(event.report) for event in conflicts}
    return {
        id(event.report): Result(
            event.report.request_id, "conflict" if id(event.report) in conflicting else "duplicate"
        )
        for event in events
    }
