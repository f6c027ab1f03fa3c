"""Sending mails that wait: each is leased, sent, then marked.

Who dies between sending and marking sends it again: SMTP knows no way to tell. The second one has the same
Message-ID.
"""

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Final
from uuid import UUID

import structlog

from billing import sql
from billing.errors import BillingError, NotFound
from billing.models import Mail
from billing.services.mails import letters

log = structlog.get_logger()

BATCH: Final = 20
# Longer than a mail server may take to answer.
LEASE: Final = timedelta(minutes=5)
# How long after the n-th failure the next attempt comes; after the last one nobody tries any more.
DELAYS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))

CLAIM = """
    update mail
       set next_try_at = %(until)s, attempts = attempts + 1
     where id = (select id
                   from mail
                  where next_try_at <= %(now)s
                  order by next_try_at
                  limit 1
                    for update skip locked)
 returning id
"""
# Whose lease ran out meanwhile has been claimed by another: what that one finds out counts.
SENT = """
    update mail
       set sent_at = %(now)s, next_try_at = null, failure = ''
     where id = %(id)s and sent_at is null
"""
FAILED = """
    update mail
       set next_try_at = %(next)s, failure = %(failure)s
     where id = %(id)s and sent_at is null and next_try_at = %(until)s
"""
RETRY = """
    update mail
       set next_try_at = %s, attempts = 0
     where id = %s and sent_at is null and next_try_at is null
"""


class NotGivenUp(BillingError):
    code = "not_given_up"
    http_status = 409


def send_due(*, now: datetime) -> int:
    """Send a batch of what waits, oldest first, and return how many mails were dealt with.

    Where the mail server fails, the rest waits for another run rather than for the same failure.
    """
    for done in range(BATCH):
        claimed = sql.fetch(CLAIM, {"until": now + LEASE, "now": now})
        if not claimed or not _send(claimed[0].id, now=now):
            return done
    return BATCH


def retry(*, mail_id: UUID, now: datetime) -> None:
    """Have a mail sent that was given up; raises `NotFound`, and `NotGivenUp` for any other."""
    if sql.run(RETRY, [now, mail_id]):
        return
    if not Mail.objects.filter(id=mail_id).exists():
        raise NotFound(f"no mail {mail_id}")
    raise NotGivenUp("it was sent, or still waits to be")


def _send(mail_id: UUID, *, now: datetime) -> bool:
    """Send one; False where the server is to blame, so that others would fail too."""
    mail = Mail.objects.get(id=mail_id)
    try:
        letters.compose(mail).send()
    except SMTPRecipientsRefused as error:
        _fail(mail, error, now=now)
        return True
    except OSError as error:
        # Whatever else `smtplib` raises, too.
        _fail(mail, error, now=now)
        return False
    except Exception as error:
        log.exception("mail not written", mail_id=str(mail_id))
        _fail(mail, error, now=now)
        return True

    sql.run(SENT, {"id": mail_id, "now": now})
    log.info("mail sent", mail_id=str(mail_id), kind=mail.kind)
    return True


def _fail(mail: Mail, error: Exception, *, now: datetime) -> None:
    is_last = mail.attempts > len(DELAYS)
    following = None if is_last else now + DELAYS[mail.attempts - 1]
    failure = f"{type(error).__name__}: {error}"[:500]
    sql.run(FAILED, {"id": mail.id, "next": following, "failure": failure, "until": now + LEASE})
    tell = log.error if is_last else log.warning
    said = "mail given up" if is_last else "mail not sent"
    tell(said, mail_id=str(mail.id), kind=mail.kind, attempts=mail.attempts, error=type(error).__name__)
