"""Keeping what an audit found, for the operators' pages."""

from collections.abc import Sequence
from datetime import datetime

from usage.audit import run
from usage.audit.run import Finding
from usage.models import AuditRun


def keep(findings: Sequence[Finding], *, started_at: datetime, finished_at: datetime) -> AuditRun:
    """Store a run; rows of it are never changed."""
    return AuditRun.objects.create(
        started_at=started_at,
        finished_at=finished_at,
        invariants=len(findings),
        violations=run.violations(list(findings)),
        findings=[
            {
                "name": finding.invariant.name,
                "sentence": finding.invariant.sentence,
                "count": finding.count,
                "samples": list(finding.samples),
            }
            for finding in findings
        ],
    )
