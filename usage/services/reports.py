"""A gateway's report about one request, checked in form, and what became of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

MOST_UNITS = 1_000_000_000


class Report(NamedTuple):
    """`counts` stand in the order of `catalog.rating.METERS`, None where a meter was not reported.

    `payload` is the event as it was received.
    """

    request_id: UUID
    key_digest: bytes
    model: str
    counts: tuple[int | None, ...]
    outcome: str
    evidence: str
    reported_cost_nanos: int | None
    upstream_request_id: str | None
    first_byte_ms: int | None
    duration_ms: int | None
    payload: Mapping[str, Any]

    def fingerprint(self) -> bytes:
        """SHA-256 of the canonical event, which tells a repetition from another body under the same id.

        The id's 16 bytes, the key digest's 32, then all else as UTF-8 text in this order with NUL between: no
        text holds one, and none is empty, so that nothing between two stands for what was not reported.
        Charges keep it for life: whatever changes here makes every repetition a conflict.
        """
        told = (
            self.model,
            *self.counts,
            self.outcome,
            self.evidence,
            self.reported_cost_nanos,
            self.upstream_request_id,
            self.first_byte_ms,
            self.duration_ms,
        )
        text = "\0".join(["" if value is None else str(value) for value in told])
        return hashlib.sha256(self.request_id.bytes + self.key_digest + text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Reporter:
    """The gateway that reports; `may_be_unheld`: its token may report requests that had no hold."""

    gateway_id: int
    may_be_unheld: bool


class Result(NamedTuple):
    """`result`: accepted, duplicate, conflict or quarantined; `code` says why it is quarantined."""

    request_id: UUID
    result: str
    code: str | None = None


class Identified(NamedTuple):
    """A report whose key and model are known, ready for the inbox."""

    report: Report
    fingerprint: bytes
    customer_id: UUID
    api_key_id: UUID
    model_id: int

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.customer_id, self.report.request_id


class Refused(NamedTuple):
    """A report that cannot be charged as it is; it is quarantined."""

    report: Report
    code: str
    detail: str
