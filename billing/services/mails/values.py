"""The values that phrases of mails name, made from a mail's content, each as people read it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings

from billing.models import MailKind, Paper
from billing.services.mails.phrases import Phrases
from billing.services.papers import amounts

Content = Mapping[str, Any]
Values = dict[str, str]

TOP_UP_PAGE: Final = "/dashboard/top-up/"
OVERVIEW_PAGE: Final = "/dashboard/"


def of_paper(paper: Paper) -> Values:
    """What the mail of a receipt or refund says; `link` leads to the top-up's page."""
    says = paper.content
    refund = says.get("refund")
    return {
        "number": says["number"],
        "amount": f"{amounts.minor(says['amount_minor'], says['currency'])} {says['currency']}",
        "credit": amounts.usd(says["credit_nanos"]),
        "bonus": amounts.usd(says["bonus_nanos"]) if says["bonus_nanos"] else "",
        "date": amounts.day(refund["refunded_at"] if refund else says["top_up"]["paid_at"]),
        "link": _page(f"/dashboard/top-ups/{paper.top_up_id}/"),
    }


def of_notice(kind: str, content: Content, said: Phrases) -> Values:
    """What any other mail says."""
    return _NOTICES[kind](content, said)


def _low_balance(content: Content, _said: Phrases) -> Values:
    return {
        "available": amounts.cents(content["available_nanos"]),
        "threshold": amounts.cents(content["threshold_nanos"]),
        "link": _page(TOP_UP_PAGE),
    }


def _cut_off(content: Content, _said: Phrases) -> Values:
    debt = content["debt_nanos"]
    return {
        "balance": amounts.cents(content["balance_nanos"]),
        "debt": amounts.usd(debt) if debt else "",
        "link": _page(TOP_UP_PAGE),
    }


def _auto_top_up_failed(content: Content, said: Phrases) -> Values:
    currency = content["currency"]
    return {
        "why": said.refusals.get(content["reason"], said.refused),
        "amount": amounts.minor(content["amount_minor"], currency),
        "cap": amounts.minor(content["monthly_cap_minor"], currency),
        "card": f"{content['card_brand'].title()} •••• {content['card_last4']}",
        "link": content["link"],
    }


def _credit_expires(content: Content, _said: Phrases) -> Values:
    return {
        "remaining": amounts.cents(content["remaining_nanos"]),
        "date": amounts.day(content["expires_at"]),
        "link": _page(OVERVIEW_PAGE),
    }


_NOTICES: Final[dict[str, Callable[[Content, Phrases], Values]]] = {
    MailKind.LOW_BALANCE: _low_balance,
    MailKind.CUT_OFF: _cut_off,
    MailKind.AUTO_TOP_UP_FAILED: _auto_top_up_failed,
    MailKind.CREDIT_EXPIRES: _credit_expires,
}


def _page(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"
