"""What mails say in English."""

from typing import Final

from billing.models import MailKind
from billing.services.mails.phrases import Phrase, Phrases

ENGLISH: Final = Phrases(
    kinds={
        MailKind.RECEIPT: Phrase(
            subject="Receipt {number}: {amount}",
            paragraphs=("Thank you for your payment. Your credit is ready to use; the receipt is attached.",),
            facts=(
                ("Paid", "amount"),
                ("Credit", "credit"),
                ("Bonus credit", "bonus"),
                ("Date", "date"),
                ("Receipt", "number"),
            ),
            action="See this top-up",
        ),
        MailKind.REFUND: Phrase(
            subject="Refund {number}: {amount}",
            paragraphs=(
                "We have refunded {amount}. It comes back the way you paid; your bank may take several days.",
                "The refund receipt is attached.",
            ),
            facts=(
                ("Refunded", "amount"),
                ("Credit taken back", "credit"),
                ("Bonus credit lapsed", "bonus"),
                ("Date", "date"),
                ("Refund receipt", "number"),
            ),
            action="See this top-up",
        ),
        MailKind.LOW_BALANCE: Phrase(
            subject="Your credit is low: {available} left",
            paragraphs=(
                "You asked to be told when less than {threshold} of credit is left. {available} is left now.",
                "When it is used up, requests are refused until you add credit.",
            ),
            action="Add credit",
        ),
        MailKind.CUT_OFF: Phrase(
            subject="Your credit is used up: requests are refused",
            paragraphs=(
                "Your credit is used up, and requests with your API keys are refused from now on.",
                "They work again within seconds of a top-up.",
            ),
            facts=(("Credit left", "balance"), ("Owed", "debt")),
            action="Add credit",
        ),
        MailKind.AUTO_TOP_UP_FAILED: Phrase(
            subject="Your automatic top-up of {amount} did not work",
            paragraphs=(
                "{why}",
                "We do not try again by ourselves until you have looked at it. What credit you have stays.",
            ),
            facts=(("Amount", "amount"), ("Card", "card"), ("Monthly limit", "cap")),
            action="Look at automatic top-ups",
        ),
        MailKind.CREDIT_EXPIRES: Phrase(
            subject="{remaining} of your credit expires on {date}",
            paragraphs=(
                "{remaining} of your credit expires on {date} (UTC). What expires first is spent first.",
            ),
            action="See your credit",
        ),
    },
    closing="You get this mail because you answer for the bills at {seller}. {contact}",
    refusals={
        "authentication_required": "Your bank wants you to confirm the payment, which only you can do.",
        "card_removed": "The card for automatic top-ups was removed.",
        "monthly_cap_reached": "The monthly limit that you set for automatic top-ups is reached.",
        "expired_card": "The card has expired.",
        "insufficient_funds": "The card has too little money on it.",
    },
    refused="The card was refused.",
)
