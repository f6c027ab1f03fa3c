"""The shape of what mails say; names in braces are filled in from `billing.services.mails.values`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """`facts` are labels with the value that each shows; `action` is what the link is called."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Phrases:
    """`refusals`: why a card was not charged, by Stripe's word; `refused` where there is none for it."""

    kinds: dict[str, Phrase]
    closing: str
    refusals: dict[str, str]
    refused: str
