"""Taking usage in over HTTP: each event is judged by itself, and the others stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api.authentication import Caller
from billing import wake
from billing.api import strict
from billing.api.internal import InternalView, answer
from billing.api.objects import Batch, Object
from billing.api.shapes import RequestId
from billing.errors import Unacceptable
from usage.api import events, report_documents
from usage.services import ingest
from usage.services.reports import Report, Reporter, Result

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_EVENTS: Final = 1000

BODY = Object(required={"events": Batch(events.EVENT, MOST_EVENTS)})


@dataclass(frozen=True, slots=True)
class Invalid:
    """What is wrong with an event that cannot be read at all."""

    event: object
    error: Unacceptable

    def as_json(self) -> dict[str, Any]:
        """Like a result; `request_id` is null where the event has no usable one."""
        given = self.event.get("request_id") if isinstance(self.event, dict) else None
        try:
            request_id = str(RequestId().read(given))
        except Unacceptable:
            request_id = None
        content = {"request_id": request_id, "result": "invalid", "code": self.error.code}
        return content | {"field": self.error.extra.get("field"), "reason": self.error.detail}


class ReportView(InternalView):
    required_scopes = {"POST": ("usage",)}

    @report_documents.report(BODY.schema())
    def post(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Store what requests used; it is charged soon after."""
        body = BODY.read(strict.read_object(request, most_bytes=MOST_BYTES))
        read = _read(body["events"])
        reports = [item for item in read if isinstance(item, Report)]
        if not reports:
            raise _nothing_stands(read)

        reporter = Reporter(caller.gateway_id, may_be_unheld="usage:unheld" in caller.scopes)
        results = ingest.accept(reports, reporter, now=timezone.now())

        if any(result.result == "accepted" for result in results):
            wake.wake("usage.tasks.settle")
        return answer({"results": _in_order(read, iter(results))}, status=202)


def _read(batch: Sequence[object]) -> Sequence[Report | Invalid]:
    """Read all events at once, and only where that fails look for those that are to blame."""
    try:
        return events.read_all(batch)
    except Unacceptable:
        invalid = [_judge(event) for event in batch]

    reports = iter(events.read_all([event for event, error in zip(batch, invalid, strict=True) if not error]))
    return [error or next(reports) for error in invalid]


def _judge(event: object) -> Invalid | None:
    try:
        events.judge(event)
    except Unacceptable as error:
        return Invalid(event, error)
    return None


def _in_order(read: Sequence[Report | Invalid], results: Iterator[Result]) -> list[dict[str, Any]]:
    return [item.as_json() if isinstance(item, Invalid) else _content(item, next(results)) for item in read]


def _content(report: Report, result: Result) -> dict[str, Any]:
    # The event's own text of its id is the canonical one.
    content = {"request_id": report.payload["request_id"], "result": result.result}
    return content | {"code": result.code} if result.code else content


def _nothing_stands(read: Sequence[Report | Invalid]) -> Unacceptable:
    """The refusal of a batch without a single event in it: the first one's error, and all results."""
    invalid = [item for item in read if isinstance(item, Invalid)]
    first = invalid[0].error
    field = ".".join(["events", "0", *([first.extra["field"]] if first.extra.get("field") else [])])
    return Unacceptable(first.detail, field=field, results=[item.as_json() for item in invalid])
