"""What operators look at and answer for: charges, the inbox, quarantine, discrepancies, audits."""

from usage.admin import audit_runs, conflicts, discrepancies, quarantine, requests
from usage.admin.charges import ChargeRecords
from usage.admin.inbox import InboxRecords

# The site gives these their addresses and their lines in its index.
RECORDS = (ChargeRecords(), InboxRecords())

__all__ = ["RECORDS", "audit_runs", "conflicts", "discrepancies", "quarantine", "requests"]
