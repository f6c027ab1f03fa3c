"""The people of a replay: fresh customers with credit, and a gateway with a token for the run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.errors import TooManyTokens
from accounts.models import ServiceToken
from accounts.services import service_tokens
from accounts.services.service_tokens import IssuedToken
from billing import wake
from billing.services import credits, customers

GATEWAY = "replay"
LONGEST_RUN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer and the digest of its first key, in hexadecimal."""

    customer_id: UUID
    key_digest: str


def sign_up(names: Sequence[str], *, credit_nanos: int) -> list[Person]:
    """Sign up a fresh customer for each name and grant it credit."""
    run = uuid7().hex
    people = []
    for number, name in enumerate(names):
        now = timezone.now()
        new = customers.sign_up(email=f"{run}-{number}@replay.example", name=name, now=now)
        people.append(Person(new.customer.id, bytes(new.first_key.key.digest).hex()))
        if credit_nanos:
            give(people[-1], credit_nanos, reason="credit of a replay", effect=f"grant:replay:{run}")
    wake.wake("billing.tasks.publish_key_states")
    return people


def give(person: Person, credit_nanos: int, *, reason: str, effect: str) -> None:
    credits.grant(
        customer_id=person.customer_id,
        amount_nanos=credit_nanos,
        reason=reason,
        effect_key=effect,
        now=timezone.now(),
    )


@contextmanager
def service_token() -> Iterator[str]:
    """Lend a token of the gateway `replay`; it is revoked afterwards."""
    issued = _issue()
    try:
        yield issued.secret
    finally:
        service_tokens.revoke(token_id=issued.token.id, now=timezone.now())


def _issue() -> IssuedToken:
    scopes = [ServiceToken.Scope.HOLDS, ServiceToken.Scope.USAGE, ServiceToken.Scope.KEYS_READ]
    now = timezone.now()
    try:
        return service_tokens.issue(gateway=GATEWAY, scopes=scopes, now=now, expires_at=now + LONGEST_RUN)
    except TooManyTokens:
        # Runs that were killed could not revoke theirs; the oldest makes room.
        oldest = ServiceToken.objects.filter(
            gateway__name=GATEWAY, revoked_at=None, expires_at__gt=now
        ).earliest("id")
        service_tokens.revoke(token_id=oldest.id, now=now)
        return service_tokens.issue(gateway=GATEWAY, scopes=scopes, now=now, expires_at=now + LONGEST_RUN)
