"""What a customer has to know before anything else: why requests are refused, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import ApiKey, Customer
from billing.models import Wallet


@dataclass(frozen=True, slots=True)
class Notice:
    """`since` a moment, requests are refused; `ends_with_credit` where a top-up makes them work again."""

    title: str
    words: str
    since: datetime
    ends_with_credit: bool = False


def find_notice(customer: Customer, *, now: datetime) -> Notice | None:
    if customer.state == Customer.State.CLOSED:
        words = "Requests are refused, and no credit can be bought. What was charged stays on your statement."
        return Notice("This account is closed", words, customer.state_changed_at)
    if customer.state == Customer.State.FROZEN:
        words = "New requests and top-ups are refused. Write to support to have it looked at."
        return Notice("This account is frozen", words, customer.state_changed_at)

    wallet = Wallet.objects.get(customer=customer)
    if wallet.cut_off_at is None:
        return None
    keys = _live_keys(customer, now=now)
    again = f"your {keys} keys work" if keys > 1 else "your key works" if keys else "keys work"
    if wallet.debt_nanos:
        title = "Credit is owed"
        words = f"Requests get 402. Credit that you add pays what is owed first; with more, {again} again."
    else:
        title = "Out of credit"
        words = f"Requests get 402. Add credit and {again} again at once."
    return Notice(title, words, wallet.cut_off_at, ends_with_credit=True)


def _live_keys(customer: Customer, *, now: datetime) -> int:
    is_alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    return ApiKey.objects.filter(is_alive, customer=customer).count()
