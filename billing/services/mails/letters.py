"""A mail as it goes out: text, HTML and what is attached, made from a `Mail` row alone."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from billing.models import Language, Mail, MailKind, Paper
from billing.services.mails import values
from billing.services.mails.chinese import CHINESE
from billing.services.mails.english import ENGLISH
from billing.services.papers import queries, receipt

PHRASES: Final = {Language.ENGLISH.value: ENGLISH, Language.CHINESE.value: CHINESE}
OF_PAPERS: Final = frozenset({MailKind.RECEIPT, MailKind.REFUND})
_LANGUAGE_TAGS: Final = {Language.ENGLISH.value: "en", Language.CHINESE.value: "zh-Hans"}


@dataclass(frozen=True, slots=True)
class Letter:
    """`facts` are names with values; `link` is where `action` leads."""

    subject: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    action: str
    link: str
    closing: str


def compose(mail: Mail) -> EmailMultiAlternatives:
    """Make the message of a mail; made again it has the same Message-ID, so that readers show it once."""
    paper = _paper(mail)
    letter = write(mail, paper)
    shown = {
        "letter": letter,
        "seller": settings.SELLER_NAME,
        "language": _LANGUAGE_TAGS[mail.language],
    }
    host = urlsplit(settings.PUBLIC_URL).hostname
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=render_to_string("mails/letter.txt", shown),
        to=[mail.recipient],
        headers={"Message-ID": f"<{mail.id.hex}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mails/letter.html", shown), "text/html")
    if paper is not None:
        drawn = receipt.draw(paper.content, language=mail.language)
        message.attach(f"{mail.kind}-{paper.content['number']}.pdf", drawn, "application/pdf")
    return message


def write(mail: Mail, paper: Paper | None) -> Letter:
    said = PHRASES[mail.language]
    phrase = said.kinds[mail.kind]
    known = values.of_paper(paper) if paper else values.of_notice(mail.kind, mail.content, said)
    return Letter(
        subject=phrase.subject.format(**known),
        paragraphs=tuple(paragraph.format(**known) for paragraph in phrase.paragraphs),
        facts=tuple((label, known[name]) for label, name in phrase.facts if known[name]),
        action=phrase.action,
        link=known["link"],
        closing=said.closing.format(seller=settings.SELLER_NAME, contact=settings.SELLER_EMAIL).strip(),
    )


def _paper(mail: Mail) -> Paper | None:
    if mail.kind not in OF_PAPERS:
        return None
    return queries.get(customer_id=mail.customer_id, paper_id=mail.content["paper_id"])
