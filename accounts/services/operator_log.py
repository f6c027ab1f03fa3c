"""The operators' log: who did what to which object, why, and from where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, models

from accounts import key_format
from accounts.models import Action, OperatorAction

Channel = OperatorAction.Channel


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts. Without `user_id` nobody has signed in: the command line, or somebody who failed to."""

    name: str
    channel: OperatorAction.Channel = Channel.ADMIN
    user_id: UUID | None = None
    ip: str | None = None
    http_request_id: str = ""


COMMAND_LINE: Final = Operator("command line", Channel.COMMAND_LINE)


def record(
    *,
    by: Operator,
    action: Action,
    now: datetime,
    on: models.Model | None = None,
    customer_id: UUID | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> OperatorAction:
    """Write one row, in the transaction of what it tells about: neither stands without the other.

    Secrets that somebody pasted into a name or a reason are cut on the way in.
    """
    assert connection.in_atomic_block, "an action is recorded in its own transaction"
    return OperatorAction.objects.create(
        at=now,
        channel=by.channel,
        actor_id=by.user_id,
        actor_name=_cut(by.name, 254),
        action=action.value,
        object_kind=on._meta.label_lower if on is not None else "",  # noqa: SLF001 (Django documents it)
        object_id=str(on.pk) if on is not None else "",
        object_name=_cut(str(on), 200) if on is not None else "",
        customer_id=customer_id,
        reason=_cut(reason, 500),
        detail=_without_secrets(dict(detail or {})),
        ip=by.ip,
        http_request_id=_cut(by.http_request_id, 100),
    )


def _cut(text: str, maximum: int) -> str:
    return key_format.masked_in(text).replace("\x00", "")[:maximum]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return key_format.masked_in(value).replace("\x00", "")
    if isinstance(value, Mapping):
        return {name: _without_secrets(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value
