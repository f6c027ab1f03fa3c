"""One event of a usage report, as it must look."""

from typing import Final

from billing.api.shapes import Choice, Digest, Integer, Object, RequestId, Text, Usd
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


def read(event: object) -> Report:
    """Read one event; raises `Unacceptable`. A meter that is not given was not reported, which is not 0."""
    given = EVENT.read(event)
    assert isinstance(event, dict)
    return Report(
        request_id=given["request_id"],
        key_digest=given["key_digest"],
        model=given["model"],
        counts=tuple(map(given["meters"].get, METERS)),
        outcome=given["outcome"],
        evidence=given["evidence"],
        reported_cost_nanos=given.get("reported_cost"),
        upstream_request_id=given.get("upstream_request_id"),
        first_byte_ms=given.get("first_byte_ms"),
        duration_ms=given.get("duration_ms"),
        payload=event,
    )
