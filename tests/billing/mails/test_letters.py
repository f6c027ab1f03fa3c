"""Letters: what each kind of mail says, in both languages, as text and as HTML."""

import re
from typing import Any

import pytest
from django.utils import timezone

from billing.models import BillingDetails, Language, Mail, MailKind
from billing.services.mails import letters, outbox
from billing.services.papers import issue
from tests import cast
from tests.billing.refunds.purchases import bought, refund
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db

NOTICES: dict[MailKind, dict[str, Any]] = {
    MailKind.LOW_BALANCE: {"available_nanos": 4_999_999_999, "threshold_nanos": 5 * USD},
    MailKind.CUT_OFF: {"balance_nanos": 12_345, "debt_nanos": 1_500_000_000},
    MailKind.AUTO_TOP_UP_FAILED: {
        "reason": "expired_card",
        "amount_minor": 2000,
        "monthly_cap_minor": 10_000,
        "currency": "USD",
        "card_brand": "visa",
        "card_last4": "4242",
        "happened_at": "2026-11-24T01:02:03+00:00",
        "link": "http://127.0.0.1:8000/dashboard/auto-top-up/",
    },
    MailKind.CREDIT_EXPIRES: {"remaining_nanos": 3 * USD + 1, "expires_at": "2026-12-24T00:00:00+00:00"},
}


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def written(who: cast.Player, kind: MailKind, content: dict[str, Any]) -> Mail:
    outbox.write(customer_id=who.id, kind=kind, cause_key=f"test:{kind}", content=content, now=timezone.now())
    return Mail.objects.get(cause_key=f"test:{kind}")


def details(who: cast.Player, language: str) -> None:
    BillingDetails.objects.create(customer=who.customer, name="<b>Al & Co", language=language)


class TestCompose:
    @pytest.mark.parametrize("language", Language.values)
    @pytest.mark.parametrize("kind", NOTICES)
    def test_says_the_same_as_text_and_as_html(self, alice, kind, language):
        details(alice, language)

        message = letters.compose(written(alice, kind, NOTICES[kind]))

        html = str(message.alternatives[0][0])
        for line in str(message.body).split("\n"):
            for part in re.split(r": |:$|--", line):
                assert part.strip().replace("'", "&#x27;") in html
        assert "{" not in f"{message.subject}{message.body}"
        assert not re.search(r"[\r\n]", str(message.subject))
        assert message.to == ["alice@example.com"]
        assert message.attachments == []

    def test_tells_amounts_to_the_cent_and_never_too_much(self, alice):
        message = letters.compose(written(alice, MailKind.LOW_BALANCE, NOTICES[MailKind.LOW_BALANCE]))

        assert message.subject == "Your credit is low: $4.99 left"
        assert "less than $5.00 of credit" in message.body

    def test_names_the_card_and_why_it_was_refused(self, alice):
        told = NOTICES[MailKind.AUTO_TOP_UP_FAILED]
        body = letters.compose(written(alice, MailKind.AUTO_TOP_UP_FAILED, told)).body

        assert "The card has expired." in body
        assert "Card: Visa •••• 4242" in body
        assert told["link"] in body

    def test_has_words_for_a_refusal_that_it_does_not_know(self, alice):
        told = {**NOTICES[MailKind.AUTO_TOP_UP_FAILED], "reason": "do_not_honor"}

        assert (
            "The card was refused." in letters.compose(written(alice, MailKind.AUTO_TOP_UP_FAILED, told)).body
        )

    @pytest.mark.parametrize(("language", "subject"), [("en", "Receipt 20"), ("zh-hans", "收据 20")])
    def test_attaches_the_receipt(self, alice, stripe: StandIn, language, subject):
        details(alice, language)
        bought(alice, stripe)
        issue.issue_due(now=timezone.now())

        mail = Mail.objects.get()
        message = letters.compose(mail)

        assert message.subject.startswith(subject)
        assert "$20.00 USD" in message.subject
        [attached] = message.attachments
        assert attached[0] == f"receipt-{mail.content['number']}.pdf"
        assert bytes(attached[1]).startswith(b"%PDF")
        assert attached[2] == "application/pdf"

    def test_attaches_the_receipt_of_a_refund(self, alice, stripe: StandIn):
        refund(bought(alice, stripe), 500)
        issue.issue_due(now=timezone.now())

        message = letters.compose(Mail.objects.get(kind=MailKind.REFUND))

        assert "$5.00 USD" in message.subject
        assert "Credit taken back: $5.00" in message.body
        assert message.attachments[0][0].startswith("refund-")

    def test_makes_the_same_message_again(self, alice):
        mail = written(alice, MailKind.CUT_OFF, NOTICES[MailKind.CUT_OFF])

        first, second = letters.compose(mail), letters.compose(mail)

        assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
        assert (first.subject, first.body) == (second.subject, second.body)

    def test_knows_every_kind_in_every_language(self):
        for phrases in letters.PHRASES.values():
            assert set(phrases.kinds) == set(MailKind)
        assert set(letters.PHRASES) == set(Language.values)
