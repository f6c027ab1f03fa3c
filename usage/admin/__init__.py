"""What operators look at and answer for: charges, requests, the inbox, quarantine, conflicts."""

from usage.admin import conflicts, quarantine, requests
from usage.admin.charges import ChargeRecords
from usage.admin.inbox import InboxRecords

# The site gives these their addresses and their lines in its index.
RECORDS = (ChargeRecords(), InboxRecords())

__all__ = ["RECORDS", "conflicts", "quarantine", "requests"]
