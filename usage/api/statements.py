"""A customer's statement over HTTP."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from billing.api import queries
from billing.api.customers import Asked, CustomerView
from billing.api.internal import answer
from billing.api.public_documents import described
from billing.errors import Unacceptable
from billing.money import UsdField, format_usd
from usage.services import statements
from usage.services.statements import Line

MOST_DAYS: Final = 100
_DAY: Final = {"type": "string", "format": "date"}


class StatementLineSerializer(serializers.Serializer[dict[str, Any]]):
    """One movement; usage between two others is folded into one line for each UTC day and model."""

    posted_at = serializers.DateTimeField()
    day = serializers.DateField()
    kind = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_null=True)
    requests = serializers.IntegerField(allow_null=True)
    credited = UsdField()
    debited = UsdField()
    balance_after = UsdField()
    debt_after = UsdField()


class StatementSerializer(serializers.Serializer[dict[str, Any]]):
    """Opening balance, plus what was credited, less what was debited, is the closing balance."""

    customer_id = serializers.UUIDField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    opening_balance = UsdField()
    opening_debt = UsdField()
    closing_balance = UsdField()
    closing_debt = UsdField()
    lines = StatementLineSerializer(many=True)


class StatementView(CustomerView):
    parameters = {"GET": {"from": queries.a_day, "to": queries.a_day}}

    @described(
        "getStatement",
        "statement",
        answers={200: OpenApiResponse(StatementSerializer, description="What was posted on these days.")},
        parameters=(
            OpenApiParameter("from", _DAY, required=True, description="The first UTC day."),
            OpenApiParameter(
                "to", _DAY, required=True, description=f"The last one, at most {MOST_DAYS} in all."
            ),
        ),
    )
    def get(self, _request: HttpRequest, asked: Asked) -> HttpResponse:
        """Every movement of some UTC days, as it was posted; every column adds up."""
        first, last = _days(asked.query)
        statement = statements.of_customer(
            customer_id=asked.caller.customer_id, since=_start_of(first), until=_start_of(last, days=1)
        )

        return answer(
            {
                "customer_id": str(statement.customer_id),
                "first_day": first.isoformat(),
                "last_day": last.isoformat(),
                "opening_balance": format_usd(statement.opening_balance_nanos),
                "opening_debt": format_usd(statement.opening_owed_nanos),
                "closing_balance": format_usd(statement.closing_balance_nanos),
                "closing_debt": format_usd(statement.closing_owed_nanos),
                "lines": [_line(line) for line in statement.lines],
            }
        )


def _days(query: dict[str, Any]) -> tuple[date, date]:
    for name in ("from", "to"):
        if name not in query:
            raise Unacceptable("is missing", field=name)
    first, last = query["from"], query["to"]
    if last < first:
        raise Unacceptable("must not be before `from`", field="to")
    if (last - first).days >= MOST_DAYS:
        raise Unacceptable(f"there may be at most {MOST_DAYS} days", field="to")
    if not date(2000, 1, 1) <= first <= last <= date(2200, 1, 1):
        raise Unacceptable("must lie between the years 2000 and 2200", field="from")
    return first, last


def _start_of(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=days)


def _line(line: Line) -> dict[str, Any]:
    return {
        "posted_at": line.posted_at.isoformat(),
        "day": line.day_date.isoformat(),
        "kind": line.kind,
        "reason": line.reason,
        "model": line.model,
        "requests": line.requests,
        "credited": format_usd(line.in_nanos),
        "debited": format_usd(line.out_nanos),
        "balance_after": format_usd(line.balance_after_nanos),
        "debt_after": format_usd(line.owed_after_nanos),
    }
