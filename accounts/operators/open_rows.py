"""Rows that wait for an operator's answer: open or answered, and answering for those that were chosen."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.errors import AccountsError
from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.reasons import reason_of

Row = TypeVar("Row", bound=models.Model)


class OpenFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("yes", "open"), ("no", "answered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "yes")


def answer_each(
    page: ReadOnlyAdmin,
    request: HttpRequest,
    rows: QuerySet[Row],
    action: Action,
    answer: Callable[[Row, str, datetime], object],
    *,
    refused: type[Exception],
    name: Callable[[Row], object],
    told: str = "answered",
) -> None:
    """Call `answer(row, reason, now)` for each, in one transaction with its line in the operators' log.

    What `answer` refuses is shown under the row's `name`, and the others go on.
    """
    for row in rows.order_by("id"):
        now = timezone.now()
        try:
            with transaction.atomic():
                reason = reason_of(request)
                answer(row, reason, now)
                acting.record(request, action, row, now=now, reason=reason)
        except (AccountsError, refused) as error:
            page.message_user(request, f"{name(row)}: {error}", messages.ERROR)
            continue
        page.message_user(request, f"{name(row)}: {told}")
