"""Reported usage, the charges it became, and what could not be charged unseen."""

from usage.models.audit_runs import AuditRun
from usage.models.charges import Charge, UsageDaily
from usage.models.conflicts import UsageConflict, Verdict
from usage.models.events import Evidence, Outcome, QuarantinedEvent, UsageEvent
from usage.models.reconciliation import Discrepancy, DiscrepancyKind, ReconciliationRun

__all__ = [
    "AuditRun",
    "Charge",
    "Discrepancy",
    "DiscrepancyKind",
    "Evidence",
    "Outcome",
    "QuarantinedEvent",
    "ReconciliationRun",
    "UsageConflict",
    "UsageDaily",
    "UsageEvent",
    "Verdict",
]
