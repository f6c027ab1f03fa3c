"""The cast of the money tests: Alice (funded), Bob (her colleague), Charlie (a stranger), Dora (no credit).

Every amount is in nanos. The model costs $1.059 per 1M input and $5.295 per 1M output tokens.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts import key_format
from accounts.models import Customer, Gateway
from billing.models import Wallet
from billing.services import credits, customers, key_limits
from billing.services.holds import end, place
from billing.services.holds.end import EndedHold
from billing.services.holds.requests import HoldAnswer, HoldRequest
from catalog import prices
from catalog.models import LanguageModel, Provider
from catalog.price_sets import MeterPrice, PriceSet
from catalog.rating import METERS, Bounds
from catalog.services import price_versions
from usage.services import ingest
from usage.services.reports import Report, Reporter, Result
from usage.services.settlement import drain
from usage.services.settlement.batch import NOTHING, Settled

USD = 10**9
MODEL = "claude-sonnet-4-6"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
# One output token of MODEL.
OUTPUT_TOKEN = 5_295


@dataclass(frozen=True)
class Player:
    """A customer with its first key."""

    customer: Customer
    secret: str
    api_key_id: UUID

    @property
    def id(self) -> UUID:
        return self.customer.id

    @property
    def digest(self) -> bytes:
        return key_format.digest_of(self.secret)

    def wallet(self) -> Wallet:
        return Wallet.objects.get(customer=self.customer)


def model(slug: str = MODEL, **picos: int) -> LanguageModel:
    """A model with a price in force since long ago; by default input and output only."""
    provider, _ = Provider.objects.get_or_create(slug="anthropic", defaults={"name": "Anthropic"})
    entry = LanguageModel.objects.create(
        provider=provider,
        slug=slug,
        name="Claude Sonnet 4.6",
        description="A model.",
        context_tokens=1_000_000,
        max_output_tokens=128_000,
    )
    rates = {"input": 1_059_000, "output": 5_295_000} | picos
    price_versions.publish(
        model_id=entry.id,
        price_set=PriceSet(tuple(MeterPrice(meter, price) for meter, price in rates.items()), source="test"),
        now=LONG_AGO,
    )
    prices.forget()
    return entry


def player(name: str, credit: int = 0) -> Player:
    now = timezone.now()
    new = customers.sign_up(email=f"{name.lower()}@example.com", name=name, now=now)
    if credit:
        fund(new.customer.id, credit)
    return Player(new.customer, new.first_key.secret, new.first_key.key.id)


def fund(customer_id: UUID, amount: int, *, expires_at: datetime | None = None) -> None:
    credits.grant(
        customer_id=customer_id,
        amount_nanos=amount,
        reason="for the test",
        effect_key=f"grant:{uuid7()}",
        now=timezone.now(),
        expires_at=expires_at,
    )


def limit(who: Player, amount: int, period: str = "month", *, now: datetime | None = None) -> None:
    """Let the player's first key spend `amount` nanos in each period."""
    key_limits.set_limit(
        customer=who.customer,
        api_key_id=who.api_key_id,
        limit_nanos=amount,
        period=period,
        now=now or timezone.now(),
    )


def gateway(name: str = "gateway-1") -> Gateway:
    return Gateway.objects.get_or_create(name=name)[0]


def hold_request(
    who: Player,
    *,
    request_id: UUID | None = None,
    tokens_in: int = 0,
    out: int = 1000,
    searches: int = 0,
    min_output: int | None = None,
    ttl_s: int = 900,
    model: str = MODEL,
    gateway_name: str = "gateway-1",
) -> HoldRequest:
    return HoldRequest(
        request_id=request_id or uuid7(),
        key_digest=who.digest,
        model=model,
        bounds=Bounds(tokens_in, out, searches),
        gateway_id=gateway(gateway_name).id,
        min_output=min_output,
        ttl_s=ttl_s,
    )


def hold(who: Player, *, now: datetime | None = None, **changes: object) -> HoldAnswer:
    return place.hold(hold_request(who, **changes), now=now or timezone.now())  # type: ignore[arg-type]


def release(held: HoldAnswer, *, gateway_name: str = "gateway-1", now: datetime | None = None) -> EndedHold:
    return end.release(
        request_id=held.request_id,
        gateway_id=gateway(gateway_name).id,
        reason="gave up",
        now=now or timezone.now(),
    )


def report(
    who: Player,
    request_id: UUID | None = None,
    *,
    model: str = MODEL,
    outcome: str = "completed",
    evidence: str = "reported",
    reported_cost: int | None = None,
    key_digest: bytes | None = None,
    **meters: int,
) -> Report:
    """Usage of one request; meters by name, none of them by default."""
    request_id = request_id or uuid7()
    return Report(
        request_id=request_id,
        key_digest=key_digest or who.digest,
        model=model,
        counts=tuple(meters.get(meter) for meter in METERS),
        outcome=outcome,
        evidence=evidence,
        reported_cost_nanos=reported_cost,
        upstream_request_id=None,
        first_byte_ms=None,
        duration_ms=None,
        payload={
            "request_id": str(request_id),
            "key_digest": (key_digest or who.digest).hex(),
            "model": model,
            "meters": meters,
            "outcome": outcome,
            "evidence": evidence,
        },
    )


def send(*reports: Report, unheld: bool = True, now: datetime | None = None) -> list[Result]:
    reporter = Reporter(gateway().id, may_be_unheld=unheld)
    return ingest.accept(reports, reporter, now=now or timezone.now())


def settle(*, now: datetime | None = None) -> Settled:
    """Settle until nothing is left that can be settled."""
    settled = NOTHING
    while (done := drain.settle_next(now=now or timezone.now())).events:
        settled = settled.and_then(done)
    return settled


def id_at(moment: datetime) -> UUID:
    """A request id whose own time is `moment`."""
    milliseconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    return UUID(int=milliseconds << 80 | uuid7().int & (1 << 80) - 1)
