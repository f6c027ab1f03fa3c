"""Redeeming a code: claimed and credited in one transaction, as often as its terms allow and no more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from billing import code_format, guesses, sql
from billing.errors import BillingError, Refused, Unacceptable
from billing.ledger.book import Book
from billing.models import LedgerAccount, LotKind, RedemptionCode, TransactionKind

# Wallet before code, for everybody: the uses of one customer are protected by its wallet, those of all by
# the code's row, which this locks.
CLAIM: Final = """
    update redemption_code code
       set uses = uses + 1
     where digest = %(digest)s and revoked_at is null and (expires_at is null or expires_at > %(now)s)
       and uses < most_uses
       and most_uses_per_customer > (select count(*) from redemption
                                      where redemption.customer_id = %(customer)s
                                        and redemption.code_id = code.id)
 returning id, hint, credit_nanos, credit_expires_days
"""
REDEEM: Final = """
    insert into redemption (customer_id, code_id, number, user_id, ledger_transaction_id, redeemed_at)
    values (%s, %s, %s, %s, %s, %s)
"""
USED: Final = "select count(*) as n from redemption where customer_id = %s and code_id = %s"


class CodeRefused(BillingError):
    """The code is known, and does not give anything to this customer now."""

    http_status = 409

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


class UnknownCode(BillingError):
    code = "unknown_code"
    http_status = 404


class TooManyGuesses(BillingError):
    code = "too_many_wrong_codes"
    http_status = 429


@dataclass(frozen=True, slots=True)
class Redeemed:
    credit_nanos: int
    expires_at: datetime | None
    ledger_transaction_id: UUID


def redeem(*, customer_id: UUID, typed: str, now: datetime, user_id: UUID | None = None) -> Redeemed:
    """Credit what a code gives. The caller wakes the publisher.

    Raises `Unacceptable` for a typo, without a look-up; `UnknownCode`, `TooManyGuesses` after ten of those
    in an hour, `CodeRefused`, and `Refused` for a customer that is not active.
    """
    try:
        code = code_format.cleaned(typed)
    except code_format.Mistyped as error:
        raise Unacceptable(str(error), code="code_mistyped", field="code") from None
    if guesses.are_too_many(customer_id):
        raise TooManyGuesses("too many wrong codes; try again in an hour")

    digest = code_format.digest_of(code)
    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        _require_active(customer_id)
        claimed = sql.fetch(CLAIM, {"digest": digest, "now": now, "customer": customer_id})
        if claimed:
            return _credit(book, claimed[0], customer_id, user_id)
        refusal = _why_not(digest, customer_id, now=now)

    if isinstance(refusal, UnknownCode):
        guesses.count(customer_id)
    raise refusal


def _credit(book: Book, claimed: Any, customer_id: UUID, user_id: UUID | None) -> Redeemed:
    now = book.now
    number = sql.fetch(USED, [customer_id, claimed.id])[0].n + 1
    days = claimed.credit_expires_days
    expires_at = None if days is None else now + timedelta(days=days)
    entry = book.entry(
        customer_id,
        TransactionKind.GRANT,
        effect_key=f"code:{claimed.id}:{number}",
        reason=f"code …{claimed.hint}",
    )
    book.credit(
        entry,
        claimed.credit_nanos,
        source=LedgerAccount.EXPENSE_PROMOTION,
        lot_kind=LotKind.PROMOTIONAL,
        expires_at=expires_at,
    )
    book.save()
    sql.run(REDEEM, [customer_id, claimed.id, number, user_id, entry.id, now])
    return Redeemed(claimed.credit_nanos, expires_at, entry.id)


def _why_not(digest: bytes, customer_id: UUID, *, now: datetime) -> BillingError:
    """Who knows a whole code may know what became of it."""
    code = RedemptionCode.objects.filter(digest=digest).first()
    if code is None:
        return UnknownCode("there is no such code")
    if code.revoked_at is not None:
        return CodeRefused("this code is no longer valid", code="code_revoked")
    if code.expires_at is not None and code.expires_at <= now:
        return CodeRefused("this code has expired", code="code_expired")
    if sql.fetch(USED, [customer_id, code.id])[0].n >= code.most_uses_per_customer:
        return CodeRefused("you have redeemed this code before", code="code_redeemed")
    return CodeRefused("this code has been used up", code="code_used_up")


def _require_active(customer_id: UUID) -> None:
    """What is read here is protected by the wallet's lock."""
    state = Customer.objects.values_list("state", flat=True).get(id=customer_id)
    if state != Customer.State.ACTIVE:
        raise Refused(f"this customer is {state} and redeems no codes", code=f"customer_{state}")
