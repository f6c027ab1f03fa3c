"""Redemption codes: issued, shown once, revoked; each gives promotional credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from billing import code_format
from billing.errors import NotFound, RequestConflict, Unacceptable
from billing.models import RedemptionCode
from billing.services.credits import MOST_NANOS

MOST_AT_ONCE: Final = 1000
MOST_USES: Final = 1_000_000
LONGEST_LIFE_DAYS: Final = 3650
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """What each code gives, how often and until when; `credit_expires_days` None: the credit never lapses."""

    credit_nanos: int
    reason: str
    most_uses: int = 1
    most_uses_per_customer: int = 1
    credit_expires_days: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """The only place in which the whole code is."""

    id: UUID
    text: str


def issue(
    terms: CodeTerms,
    *,
    count: int,
    now: datetime,
    author_id: UUID | None = None,
    first_id: UUID | None = None,
) -> Sequence[IssuedCode]:
    """Issue `count` codes with the same terms.

    `first_id` names the batch: issued under it again, it raises `RequestConflict`, for a form that was sent
    twice.
    """
    _require(terms, count, now)
    issued = [
        IssuedCode(first_id if first_id and number == 0 else uuid7(), code_format.generate())
        for number in range(count)
    ]

    rows = [_row(code, terms, author_id=author_id, now=now) for code in issued]
    try:
        with transaction.atomic():
            RedemptionCode.objects.bulk_create(rows)
    except IntegrityError as error:
        if not RedemptionCode.objects.filter(id=issued[0].id).exists():
            raise
        raise RequestConflict("these codes were issued before, and are shown once only") from error
    return issued


def revoke(*, code_id: UUID, now: datetime) -> bool:
    """Let nobody redeem the code any more, and return whether anybody could; raises `NotFound`."""
    if RedemptionCode.objects.filter(id=code_id, revoked_at=None).update(revoked_at=now):
        return True

    if not RedemptionCode.objects.filter(id=code_id).exists():
        raise NotFound("No such code.")
    return False


def _row(code: IssuedCode, terms: CodeTerms, *, author_id: UUID | None, now: datetime) -> RedemptionCode:
    return RedemptionCode(
        id=code.id,
        digest=code_format.digest_of(code.text),
        hint=code_format.hint_of(code.text),
        credit_nanos=terms.credit_nanos,
        credit_expires_days=terms.credit_expires_days,
        most_uses=terms.most_uses,
        most_uses_per_customer=terms.most_uses_per_customer,
        expires_at=terms.expires_at,
        reason=terms.reason.strip(),
        author_id=author_id,
        created_at=now,
    )


def _require(terms: CodeTerms, count: int, now: datetime) -> None:
    days = terms.credit_expires_days
    wrong = {
        "count": not 1 <= count <= MOST_AT_ONCE,
        "amount": not 0 < terms.credit_nanos <= MOST_NANOS,
        "most_uses": not 1 <= terms.most_uses <= MOST_USES,
        "most_uses_per_customer": not 1 <= terms.most_uses_per_customer <= terms.most_uses,
        "credit_expires_days": days is not None and not 1 <= days <= LONGEST_LIFE_DAYS,
        "expires_at": terms.expires_at is not None and terms.expires_at <= now,
        "reason": not 0 < len(terms.reason.strip()) <= LONGEST_REASON,
    }
    for field, is_wrong in wrong.items():
        if is_wrong:
            raise Unacceptable(f"{field} is out of range", field=field)
