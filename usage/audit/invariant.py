"""What an invariant is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """A sentence that is always true, and the SQL whose rows say where it is not.

    The query may use the parameters that `usage.audit.run` gives: `now`, `app_role`, `cut_off_below`, the
    account codes `wallet`, `debt`, `revenue_usage` and `accounts`, and the lists of what guards the tables.
    """

    name: str
    sentence: str
    query: str
