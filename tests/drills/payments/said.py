"""What the providers say in the end about each order, read from their own objects."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.drills.payments.providers import Providers
from tests.drills.payments.terms import ALIPAY, STRIPE

PAID, PROCESSING, FAILED, ENDED = "paid", "processing", "failed", "expired"
ENDINGS = frozenset({"won", "lost", "prevented", "warning_closed"})


@dataclass(frozen=True, slots=True)
class Quarrel:
    """A dispute: `taken_minor` is withdrawn and not given back."""

    status: str
    taken_minor: int
    was_returned: bool
    most_taken_minor: int


@dataclass(slots=True)
class Said:
    """`booked_minor` is what the provider's own books hold for this payment, its own fees aside.

    `refund_tries_minor` also counts refunds that failed in the end; `refunds` are those that did not.
    """

    state: str
    refunds: dict[str, int] = field(default_factory=dict)
    refund_tries_minor: int = 0
    quarrels: list[Quarrel] = field(default_factory=list)
    is_suspected: bool = False
    booked_minor: int = 0
    dispute_fees_minor: int = 0

    @property
    def refunded_minor(self) -> int:
        return sum(self.refunds.values())

    @property
    def most_back_minor(self) -> int:
        """What went back at any time, also where it came again."""
        return self.refund_tries_minor + sum(quarrel.most_taken_minor for quarrel in self.quarrels)

    @property
    def taken_minor(self) -> int:
        return sum(quarrel.taken_minor for quarrel in self.quarrels)


Objects = list[dict[str, Any]]


def read(providers: Providers) -> dict[str, Said]:
    """By our reference; orders of which a provider knows nothing are missing."""
    return _stripes(providers) | _alipays(providers)


def _stripes(providers: Providers) -> dict[str, Said]:
    intents = {each["id"]: each for each in providers.objects(STRIPE, "payment_intent")}
    refunds = _by(providers.objects(STRIPE, "refund"), "payment_intent")
    disputes = _by(providers.objects(STRIPE, "dispute"), "payment_intent")
    warnings = _by(providers.objects(STRIPE, "radar.early_fraud_warning"), "payment_intent")
    booked = _by(providers.objects(STRIPE, "balance_transaction"), "source")
    charges = _by(providers.objects(STRIPE, "charge"), "payment_intent")
    said = {}
    for session in providers.objects(STRIPE, "checkout.session"):
        intent_id = session["payment_intent"]
        one = Said(_state_of(session, intents.get(intent_id)))
        said[session["client_reference_id"]] = one
        for refund in refunds[intent_id]:
            one.refund_tries_minor += refund["amount"]
            if refund["status"] not in {"failed", "canceled"}:
                one.refunds[refund["id"]] = refund["amount"]
        one.quarrels = [_quarrel(dispute) for dispute in disputes[intent_id]]
        one.is_suspected = bool(warnings[intent_id])
        sources = [*charges[intent_id], *refunds[intent_id], *disputes[intent_id]]
        lines = [line for source in sources for line in booked[source["id"]]]
        of_disputes = [line for source in disputes[intent_id] for line in booked[source["id"]]]
        one.booked_minor = sum(line["amount"] for line in lines)
        one.dispute_fees_minor = sum(line["fee"] for line in of_disputes)
    return said


def _state_of(session: dict[str, Any], intent: dict[str, Any] | None) -> str:
    if intent and intent["status"] == "succeeded":
        return PAID
    if session["status"] != "complete":
        # By now its time is over, whether or not the provider has looked.
        return ENDED
    return PROCESSING if intent and intent["status"] == "processing" else FAILED


def _quarrel(dispute: dict[str, Any]) -> Quarrel:
    moved = [line["amount"] for line in dispute["balance_transactions"]]
    return Quarrel(
        status=dispute["status"],
        taken_minor=-sum(moved),
        was_returned=any(amount > 0 for amount in moved),
        most_taken_minor=-sum(amount for amount in moved if amount < 0),
    )


def _alipays(providers: Providers) -> dict[str, Said]:
    said = {}
    for trade in providers.objects(ALIPAY, "trade"):
        one = Said(PAID if trade["paid_at"] else ENDED)
        one.refunds = {refund["request_no"]: refund["fen"] for refund in trade["refunds"]}
        one.refund_tries_minor = one.refunded_minor
        if one.state == PAID:
            one.booked_minor = trade["fen"] - one.refunded_minor
        said[trade["out_trade_no"]] = one
    return said


def _by(objects: Objects, name: str) -> defaultdict[str | None, Objects]:
    found: defaultdict[str | None, Objects] = defaultdict(list)
    for each in objects:
        if each.get(name):
            found[each[name]].append(each)
    return found
