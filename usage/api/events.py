"""One event of a usage report, as it must look."""

from collections.abc import Sequence
from typing import Any, Final

from billing.api.objects import Object
from billing.api.shapes import Choice, Digest, Integer, RequestId, Text, Usd
from catalog.rating import METERS
from usage.models import Evidence, Outcome
from usage.services.reports import Report

# Impossible counts are quarantined; above this a number is no count at all.
MOST_COUNTED: Final = 2**63 - 1
LONGEST_MS: Final = 2**31 - 1

EVENT = Object(
    required={
        "request_id": RequestId(),
        "key_digest": Digest(),
        "model": Text(100, "The model's id in the catalogue."),
        "meters": Object(
            required={},
            optional={meter: Integer(0, MOST_COUNTED) for meter in METERS},
        ),
        "outcome": Choice(Outcome.values),
        "evidence": Choice(Evidence.values, "What the counts rest on."),
    },
    optional={
        "reported_cost": Usd("What the gateway itself worked out; compared, never charged."),
        "upstream_request_id": Text(200, "The provider's own id, for support."),
        "first_byte_ms": Integer(0, LONGEST_MS),
        "duration_ms": Integer(0, LONGEST_MS),
    },
)


def judge(event: object) -> None:
    """Raise `Unacceptable` that tells what is wrong with one event."""
    EVENT.read(event)


def read_all(events: Sequence[Any]) -> list[Report]:
    """Read events that are all right; raises `Unacceptable` where one is not, which `judge` finds.

    A meter that is not given was not reported, which is not 0.
    """
    columns = EVENT.columns(events)
    columns["counts"] = list(zip(*map(columns["meters"].get, METERS), strict=True))
    columns["reported_cost_nanos"] = columns["reported_cost"]
    columns["payload"] = events
    return list(map(Report._make, zip(*map(columns.get, Report._fields), strict=True)))
