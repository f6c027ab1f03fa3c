"""Sending: once each, again where the server fails, and not for ever."""

import smtplib
from datetime import datetime, timedelta

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import NotFound
from billing.models import Mail, MailKind
from billing.services.mails import outbox, send
from tests import cast

pytestmark = pytest.mark.django_db


class Server(EmailBackend):
    """A mail server that fails as it is told to, whoever it is asked for."""

    refuses: dict[str, Exception] = {}

    def send_messages(self, messages):
        for message in messages:
            if error := self.refuses.get(message.to[0]) or self.refuses.get("*"):
                raise error
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    monkeypatch.setattr(Server, "refuses", {})
    return Server


def write(name: str, *, now: datetime | None = None) -> Mail:
    outbox.write(
        customer_id=cast.player(name).id,
        kind=MailKind.CUT_OFF,
        cause_key=name,
        content={"balance_nanos": 0, "debt_nanos": 0},
        now=now or timezone.now(),
    )
    return Mail.objects.get(cause_key=name)


def sent() -> list[str]:
    return [message.to[0] for message in outgoing.outbox]


class TestSendDue:
    def test_sends_what_waits_once(self, server):
        mail, now = write("Alice"), timezone.now()

        assert send.send_due(now=now) == 1
        assert send.send_due(now=now) == 0

        mail.refresh_from_db()
        assert (mail.sent_at, mail.next_try_at, mail.attempts, mail.failure) == (now, None, 1, "")
        [message] = outgoing.outbox
        assert message.extra_headers["Message-ID"] == f"<{mail.id.hex}@127.0.0.1>"

    def test_leaves_alone_what_waits_for_later(self, server):
        now = timezone.now()
        write("Alice", now=now + timedelta(minutes=1))

        assert send.send_due(now=now) == 0

    def test_tries_again_with_growing_pauses_and_gives_up(self, server):
        server.refuses["*"] = ConnectionRefusedError("nobody listens")
        mail, now = write("Alice"), timezone.now()
        pauses = []
        for _ in range(20):
            send.send_due(now=now)
            mail.refresh_from_db()
            if mail.next_try_at is None:
                break
            pauses.append(mail.next_try_at - now)
            now = mail.next_try_at

        assert pauses == list(send.DELAYS)
        assert (mail.sent_at, mail.attempts) == (None, len(send.DELAYS) + 1)
        assert mail.failure == "ConnectionRefusedError: nobody listens"
        assert send.send_due(now=now + timedelta(days=30)) == 0

    def test_does_not_burn_every_mails_attempt_while_the_server_is_away(self, server):
        server.refuses["*"] = smtplib.SMTPServerDisconnected("gone")
        for name in ("Alice", "Bob", "Charlie"):
            write(name)

        assert send.send_due(now=timezone.now()) == 0
        assert sorted(Mail.objects.values_list("attempts", flat=True)) == [0, 0, 1]

    def test_goes_on_past_a_recipient_that_is_none(self, server):
        server.refuses["alice@example.com"] = smtplib.SMTPRecipientsRefused({})
        write("Alice")
        write("Bob")

        send.send_due(now=timezone.now())

        assert sent() == ["bob@example.com"]

    def test_goes_on_past_a_mail_that_cannot_be_written(self, server):
        Mail.objects.filter(id=write("Alice").id).update(content={})
        write("Bob")

        send.send_due(now=timezone.now())

        assert sent() == ["bob@example.com"]
        assert Mail.objects.get(cause_key="Alice").failure.startswith("KeyError")

    def test_sends_again_what_a_dead_sender_left_unmarked(self, server):
        mail, now = write("Alice"), timezone.now()
        Mail.objects.filter(id=mail.id).update(next_try_at=now + send.LEASE, attempts=1)

        assert send.send_due(now=now) == 0
        assert send.send_due(now=now + send.LEASE) == 1


class TestRetry:
    def test_lets_a_given_up_mail_go_out(self, server):
        mail = write("Alice")
        Mail.objects.filter(id=mail.id).update(next_try_at=None, attempts=9, failure="gone")

        send.retry(mail_id=mail.id, now=timezone.now())
        send.send_due(now=timezone.now())

        assert sent() == ["alice@example.com"]

    def test_refuses_one_that_waits_was_sent_or_is_unknown(self, server):
        mail = write("Alice")
        with pytest.raises(send.NotGivenUp):
            send.retry(mail_id=mail.id, now=timezone.now())
        send.send_due(now=timezone.now())
        with pytest.raises(send.NotGivenUp):
            send.retry(mail_id=mail.id, now=timezone.now())
        with pytest.raises(NotFound):
            send.retry(mail_id=uuid7(), now=timezone.now())
