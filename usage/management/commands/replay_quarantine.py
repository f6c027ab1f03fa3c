"""`manage.py replay_quarantine`: try quarantined events again, or answer for one by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import Action
from accounts.services import operator_log
from accounts.services.operator_log import COMMAND_LINE
from billing import wake
from usage.errors import UsageError
from usage.models import QuarantinedEvent
from usage.services import quarantine
from usage.services.quarantine import Replayed


class Command(BaseCommand):
    help = (
        "Try events again that could not be charged, all that are open or those of one id or code. Whatever "
        "is accepted is charged once for life; running it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--id", type=int, dest="event_id", help="one event")
        which.add_argument("--code", help="only events refused for this reason, for example unknown_model")
        parser.add_argument(
            "--resolve", metavar="REASON", help="do not charge the event of --id ever, for this reason"
        )

    def handle(
        self, *_args: Any, event_id: int | None, code: str | None, resolve: str | None, **_options: Any
    ) -> None:
        try:
            if resolve is None:
                self._replay(event_id, code)
            elif event_id is None:
                raise CommandError("--resolve needs --id", returncode=2)
            else:
                with transaction.atomic():
                    now = timezone.now()
                    event = quarantine.resolve(event_id=event_id, reason=resolve, now=now)
                    operator_log.record(
                        by=COMMAND_LINE, action=Action.RESOLVE_EVENT, now=now, on=event, reason=resolve
                    )
                self.stdout.write(f"{event_id}: resolved by hand")
        except UsageError as error:
            raise CommandError(error.detail) from error

    def _replay(self, event_id: int | None, code: str | None) -> None:
        waiting = quarantine.waiting(event_id=event_id, code=code)
        for each in waiting:
            replayed = _replay_one(each)
            if replayed:
                self.stdout.write(
                    f"{each}: {replayed.result}{f' ({replayed.code})' if replayed.code else ''}"
                )
        wake.wake("usage.tasks.settle")
        self.stdout.write(f"{len(waiting)} events tried")


def _replay_one(event_id: int) -> Replayed | None:
    now = timezone.now()
    with transaction.atomic():
        replayed = quarantine.replay(event_id=event_id, now=now)
        if replayed is not None:
            operator_log.record(
                by=COMMAND_LINE,
                action=Action.REPLAY_EVENT,
                now=now,
                on=QuarantinedEvent.objects.get(id=event_id),
                detail={"result": replayed.result, "code": replayed.code},
            )
    return replayed
