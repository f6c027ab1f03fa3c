"""Running the audit: one snapshot of the whole database, read-only, however long it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import CheckConstraint, UniqueConstraint

from billing import sql
from billing.models import LedgerAccount
from usage.audit.invariant import Invariant
from usage.audit.invariants import ALL

APPEND_ONLY = (
    "ledger_transaction",
    "transfer",
    "lot_movement",
    "debt",
    "charge",
    "price_version",
    "rate",
    "operator_action",
    "audit_run",
    "exchange_rate",
    "bonus_plan",
    "redemption",
    "welcome_grant",
    "paper",
    "payment_reference",
    "provider_line",
    "payment_reconciliation",
)
AUDITED_APPS = ("billing", "usage", "catalog")
# Of the tables and keys that migrations write in SQL, because no model can say them.
WRITTEN_BY_HAND = (
    "apikey_limit_has_amount_and_period",
    "auto_top_up_of_card",
    "charge_negative_only_as_correction",
    "charge_pkey",
    "charge_request_id_is_v7",
    "credit_lot_of_transaction",
    "debt_of_transaction",
    "dispute_of_payment",
    "hold_amount_not_negative",
    "hold_counts_where_placed",
    "hold_pkey",
    "hold_request_id_is_v7",
    "hold_resumes_after_limit",
    "hold_state_known",
    "key_spend_of_key",
    "key_spend_pkey",
    "lot_movement_of_lot",
    "lot_movement_of_transaction",
    "paper_of_payment",
    "paper_of_refund",
    "payment_reference_of_payment",
    "redemption_of_transaction",
    "refund_of_payment",
    "refund_of_reversal",
    "refund_of_transaction",
    "top_up_of_bonus_lot",
    "top_up_of_card",
    "top_up_of_lot",
    "top_up_of_transaction",
    "transfer_of_transaction",
)
SAMPLES = 5

SNAPSHOT = "set transaction isolation level repeatable read read only"
TAKES_ITS_TIME = "set local statement_timeout = 0; set local enable_partitionwise_join = on"

FIND = """
    select count(*) over () as offending, to_jsonb(found) as sample
      from ({query}) as found
     limit {samples}
"""


class Fetch(Protocol):
    """Executes a statement on some connection and returns rows of `offending` and `sample`."""

    def __call__(self, query: str, params: Mapping[str, Any], /) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant, how many rows break it, and a few of them."""

    invariant: Invariant
    count: int
    samples: tuple[Mapping[str, Any], ...]


def audit(*, now: datetime) -> list[Finding]:
    """Check every invariant in one snapshot; the caller must not be in a transaction."""
    with transaction.atomic(durable=True):
        sql.run(SNAPSHOT)
        for setting in TAKES_ITS_TIME.split(";"):
            sql.run(setting)
        return check(sql.fetch, now=now)


def check(fetch: Fetch, *, now: datetime, invariants: Sequence[Invariant] = ALL) -> list[Finding]:
    """Check invariants on the snapshot that `fetch` reads."""
    params = parameters(now=now)
    return [_find(fetch, invariant, params) for invariant in invariants]


def violations(findings: list[Finding]) -> int:
    """How many rows break an invariant; a row that breaks two counts twice."""
    return sum(finding.count for finding in findings)


def parameters(*, now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "app_role": settings.DATABASES["default"]["USER"],
        "cut_off_below": settings.CUT_OFF_BELOW_NANOS,
        "wallet": int(LedgerAccount.WALLET),
        "debt": int(LedgerAccount.DEBT),
        "revenue_usage": int(LedgerAccount.REVENUE_USAGE),
        "accounts": list(LedgerAccount.values),
        "append_only": list(APPEND_ONLY),
        "constraints": _constraints(),
    }


def _find(fetch: Fetch, invariant: Invariant, params: Mapping[str, Any]) -> Finding:
    rows = fetch(FIND.format(query=invariant.query, samples=SAMPLES), params)
    return Finding(invariant, rows[0].offending if rows else 0, tuple(row.sample for row in rows))


def _constraints() -> list[str]:
    declared = [
        constraint.name
        for label in AUDITED_APPS
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints  # noqa: SLF001 (Django documents it)
        if isinstance(constraint, CheckConstraint)
        or (isinstance(constraint, UniqueConstraint) and constraint.condition is None)
    ]
    return [*declared, *WRITTEN_BY_HAND]
