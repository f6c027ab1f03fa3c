"""Reported usage, the charges it became, and what could not be charged unseen."""

from usage.models.charges import Charge, UsageDaily
from usage.models.events import Evidence, Outcome, QuarantinedEvent, UsageConflict, UsageEvent

__all__ = [
    "Charge",
    "Evidence",
    "Outcome",
    "QuarantinedEvent",
    "UsageConflict",
    "UsageDaily",
    "UsageEvent",
]
