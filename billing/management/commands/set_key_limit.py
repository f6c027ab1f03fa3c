"""Sets, changes or clears what a key may spend, for operators."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Action, ApiKey, LimitPeriod
from accounts.services import operator_log
from accounts.services.operator_log import COMMAND_LINE
from billing import wake
from billing.errors import BillingError
from billing.money import format_usd, parse_usd
from billing.services import key_limits, key_states


class Command(BaseCommand):
    help = (
        "Let the API key with this ID, and those it was rotated from or into, spend USD in each PERIOD. What "
        "they spent since it began counts. Periods are UTC; weeks begin on Monday."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("api_key_id", metavar="ID", type=_id, help="api_key_id of `keys/{digest}`")
        parser.add_argument("limit_nanos", metavar="USD", type=_usd, nargs="?", help='for example "25"')
        parser.add_argument("period", metavar="PERIOD", choices=LimitPeriod.values, nargs="?")
        parser.add_argument("--clear", action="store_true", help="let the key spend what the wallet has")
        parser.add_argument("--reason", default="", help="why; it stands in the operators' log")

    def handle(
        self,
        *,
        api_key_id: UUID,
        limit_nanos: int | None,
        period: str | None,
        clear: bool,
        reason: str,
        **_options: Any,
    ) -> None:
        if clear != (limit_nanos is None) or clear != (period is None):
            raise CommandError("give USD and PERIOD, or --clear")
        now = timezone.now()
        try:
            key = ApiKey.objects.select_related("customer").get(id=api_key_id)
            with transaction.atomic():
                _change(key, limit_nanos, period, now=now)
                _record(key, limit_nanos, period, reason, now=now)
        except ApiKey.DoesNotExist:
            raise CommandError("no API key has this id") from None
        except BillingError as error:
            raise CommandError(error.detail) from error

        wake.wake("billing.tasks.publish_key_states")
        self.stdout.write(_told(key, now=now))


def _change(key: ApiKey, limit_nanos: int | None, period: str | None, *, now: datetime) -> None:
    if limit_nanos is None or period is None:
        key_limits.clear_limit(customer=key.customer, api_key_id=key.id, now=now)
    else:
        key_limits.set_limit(
            customer=key.customer, api_key_id=key.id, limit_nanos=limit_nanos, period=period, now=now
        )


def _record(key: ApiKey, limit_nanos: int | None, period: str | None, reason: str, *, now: datetime) -> None:
    limit = None if limit_nanos is None else {"amount_usd": format_usd(limit_nanos), "period": period}
    operator_log.record(
        by=COMMAND_LINE,
        action=Action.LIMIT_KEY,
        now=now,
        on=key,
        customer_id=key.customer_id,
        reason=reason,
        detail={"limit": limit},
    )


def _told(key: ApiKey, *, now: datetime) -> str:
    state = key_states.get(bytes(key.digest), now=now)
    if state.limit is None:
        return f"{key.name} of {key.customer.name} has no limit: {state.state}"
    return (
        f"{key.name} of {key.customer.name} may spend ${format_usd(state.limit.amount_nanos)} "
        f"({state.limit.period.value}): spent ${format_usd(state.limit.spent_nanos)}, "
        f"held ${format_usd(state.limit.held_nanos)}, remaining ${format_usd(state.limit.remaining_nanos)}, "
        f"{state.state}"
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError("a UUID") from None


def _usd(text: str) -> int:
    try:
        return parse_usd(text)
    except ValueError as error:
        raise ArgumentTypeError(f"an amount in US dollars: {error}") from None
