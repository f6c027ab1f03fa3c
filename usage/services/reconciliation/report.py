"""What is open, by kind, gateway and model: for the command, the page and the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from billing import sql
from billing.money import format_usd
from usage.models import DiscrepancyKind, ReconciliationRun
from usage.services.reconciliation.run import Period

OPEN = """
    select discrepancy.kind, gateway.name as gateway, model.slug as model, count(*) as count,
           sum(amount_nanos)::bigint as amount_nanos,
           array_agg(discrepancy.id order by discrepancy.id) as discrepancy_ids,
           array_agg(request_id order by discrepancy.id) as request_ids
      from discrepancy
      left join gateway on gateway.id = discrepancy.gateway_id
      left join language_model model on model.id = discrepancy.language_model_id
     where resolved_at is null
       and (%(first)s::uuid is null or request_id between %(first)s and %(last)s)
     group by discrepancy.kind, gateway.name, model.slug
     order by discrepancy.kind, gateway.name, model.slug
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Open discrepancies of one kind, gateway and model; `amount_nanos` is None where nobody can say."""

    kind: str
    gateway: str
    model: str | None
    count: int
    amount_nanos: int | None
    discrepancy_ids: Sequence[int]
    request_ids: Sequence[UUID]


def open_groups(period: Period | None = None) -> list[Group]:
    """What is open: all of it, or that of requests of a period."""
    first, last = period.span if period else (None, None)
    return [Group(*row) for row in sql.fetch(OPEN, {"first": first, "last": last})]


def as_json(run: ReconciliationRun, groups: Sequence[Group]) -> dict[str, Any]:
    """The machine form; every kind is named, also where nothing of it is open."""
    return {
        "run": run.id,
        "from": run.from_at.isoformat(),
        "to": run.until_at.isoformat(),
        "open": sum(group.count for group in groups),
        "kinds": {kind: _sum(kind, groups) for kind in DiscrepancyKind.values},
        "groups": [
            {
                "kind": group.kind,
                "gateway": group.gateway,
                "model": group.model,
                "count": group.count,
                "amount": _usd(group.amount_nanos),
                "discrepancies": list(group.discrepancy_ids),
                "requests": [str(request_id) for request_id in group.request_ids],
            }
            for group in groups
        ],
    }


def _sum(kind: str, groups: Sequence[Group]) -> dict[str, Any]:
    those = [group for group in groups if group.kind == kind]
    known = [group.amount_nanos for group in those if group.amount_nanos is not None]
    return {
        "count": sum(group.count for group in those),
        "amount": _usd(sum(known) if known or not those else None),
    }


def _usd(nanos: int | None) -> str | None:
    return None if nanos is None else format_usd(nanos)
