"""A report's fingerprint is what stored charges were compared by, for life: it never changes."""

import hashlib
from typing import Any
from uuid import UUID

import pytest

from usage.models import Evidence, Outcome
from usage.services.reports import Report

REQUEST_ID = UUID("01932c07-a1b2-7c3d-8e4f-5a6b7c8d9e0f")
SMALL = Report(
    request_id=REQUEST_ID,
    key_digest=bytes(range(32)),
    model="claude-sonnet-4-6",
    counts=(374, 44, None, None, None, None),
    outcome="completed",
    evidence="reported",
    reported_cost_nanos=None,
    upstream_request_id=None,
    first_byte_ms=None,
    duration_ms=None,
    payload={},
)
WHOLE = SMALL._replace(
    model="modèle/\U0001f600",
    counts=(0, 1, 2, 3, 4, 1_000_000_000),
    outcome="gateway_lost",
    evidence="estimated",
    reported_cost_nanos=2**63 - 1,
    upstream_request_id='msg_"1"\\,{}\n',
    first_byte_ms=0,
    duration_ms=2**31 - 1,
)


class TestFingerprint:
    @pytest.mark.parametrize(
        ("report", "told"),
        [
            (SMALL, ["claude-sonnet-4-6", "374", "44", *[""] * 4, "completed", "reported", *[""] * 4]),
            (
                WHOLE,
                [
                    *(
                        "modèle/\U0001f600",
                        "0",
                        "1",
                        "2",
                        "3",
                        "4",
                        "1000000000",
                        "gateway_lost",
                        "estimated",
                    ),
                    *("9223372036854775807", 'msg_"1"\\,{}\n', "0", "2147483647"),
                ],
            ),
        ],
    )
    def test_is_of_the_canonical_event(self, report: Report, told: list[str]):
        content = REQUEST_ID.bytes + bytes(range(32)) + "\0".join(told).encode()

        assert report.fingerprint() == hashlib.sha256(content).digest()

    def test_stays_as_it_was(self):
        assert [report.fingerprint().hex() for report in (SMALL, WHOLE)] == [
            "c1188c74b121c6dfa74e2cf24c87f988874753298109eff0a020d00ffe242f1c",
            "1f27363347e111e0c9ba66971413ee857ed5b9cb16a0364841fc502623286c83",
        ]

    @pytest.mark.parametrize(
        "change",
        [
            {"request_id": UUID("01932c07-a1b2-7c3d-8e4f-5a6b7c8d9e10")},
            {"key_digest": bytes(32)},
            {"model": "claude-sonnet-4-60"},
            {"counts": (374, 44, 0, None, None, None)},
            {"counts": (374, None, 44, None, None, None)},
            {"outcome": "timeout"},
            {"evidence": "partial"},
            {"reported_cost_nanos": 0},
            {"upstream_request_id": "0"},
            {"first_byte_ms": 0},
            {"duration_ms": 0},
        ],
    )
    def test_tells_each_difference(self, change: dict[str, Any]):
        assert SMALL._replace(**change).fingerprint() != SMALL.fingerprint()

    def test_tells_where_a_value_was_reported(self):
        names = ("reported_cost_nanos", "upstream_request_id", "first_byte_ms", "duration_ms")
        values: tuple[Any, ...] = (7, "7", 7, 7)
        told = [SMALL._replace(**{name: value}) for name, value in zip(names, values, strict=True)]

        assert len({report.fingerprint() for report in told}) == len(told)

    def test_is_of_the_event_and_not_of_how_it_was_written(self):
        written = SMALL._replace(outcome=Outcome.COMPLETED, evidence=Evidence.REPORTED, payload={"a": 1})

        assert written.fingerprint() == SMALL.fingerprint()
