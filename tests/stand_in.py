"""A payment provider in memory: what it shows is the truth that the services converge to.

It stands in for the provider, never for code of ours. The sandbox servers speak the real protocols.
"""

import hashlib
import hmac
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from billing.payments.errors import Forged, Rejected, Unreachable
from billing.payments.names import Method, ProviderName
from billing.payments.protocol import (
    Checkout,
    Line,
    Lookup,
    Message,
    Order,
    Payment,
    PaymentState,
    RefundOrder,
    RefundSeen,
    RefundState,
)

SECRET = b"whsec_stand_in"
_STRIPE = (Method.CHECKOUT, Method.SAVED_CARD)
_ALIPAY = (Method.PAGE, Method.WAP, Method.QR)


class StandIn:
    """`payments` by object id. `is_away`: nobody reaches it; `loses_answers`: it acts and is silent."""

    livemode = False

    def __init__(self, name: ProviderName) -> None:
        self.name = name
        self.is_stripe = name == ProviderName.STRIPE
        self.methods = _STRIPE if self.is_stripe else _ALIPAY
        self.currency = "USD" if self.is_stripe else "CNY"
        self.account = "acct_1" if self.is_stripe else "2021:2088"
        self.payments: dict[str, Payment] = {}
        self.orders: dict[str, Order] = {}
        self.is_away = False
        self.loses_answers = False
        self.rejects = ""
        self.refund_state = RefundState.SUCCEEDED
        self.fetched = self.refused = 0
        self.at_close: Callable[[], object] | None = None
        self.started = 0
        self.at_fetch: threading.Barrier | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def start_checkout(self, order: Order) -> Checkout:
        self._answer()
        if self.rejects:
            raise Rejected("no", reason=self.rejects)
        with self._lock:
            self.started += 1
            known = self.orders.setdefault(order.reference, order)
            assert known == order, "a repetition must be the same order"
            object_id = self._object_of(order)
        if self.loses_answers:
            raise Unreachable("the answer was lost")
        return Checkout(object_id, f"https://pay.example/{object_id}", None, order.expires_at)

    def charge_card(self, order: Order) -> Payment:
        raise Rejected("no cards here", reason="unsupported")

    def fetch(self, lookup: Lookup, *, refunds: Sequence[str] = ()) -> Payment | None:
        self._answer()
        self.fetched += 1
        found = self.payments.get(lookup.object_id or "") or next(
            (each for each in self.payments.values() if each.payment_id == lookup.payment_id != None),  # noqa: E711
            None,
        )
        if self.at_fetch is not None:
            self.at_fetch.wait(timeout=60)
        return found

    def close(self, object_id: str) -> None:
        self._answer()
        if self.at_close is not None:
            self.at_close()
        payment = self.payments.get(object_id)
        if payment is None:
            return
        if payment.state in {PaymentState.PAID, PaymentState.PROCESSING}:
            raise Rejected("somebody has paid", reason="paid")
        self.show(object_id, state=PaymentState.CLOSED)

    def refund(self, order: RefundOrder) -> RefundSeen:
        """Once for each reference; it is born as `refund_state`."""
        self._answer()
        if self.rejects:
            raise Rejected("no", reason=self.rejects)
        with self._lock:
            payment = self.payments[order.object_id]
            refund = next((each for each in payment.refunds if each.reference == order.reference), None)
            if refund is None:
                given = sum(each.amount_minor for each in payment.refunds if each.state != RefundState.FAILED)
                if given + order.amount_minor > payment.amount_minor:
                    raise Rejected("more than is left", reason="amount")
                refund = self.refund_seen(order.amount_minor, order.reference)
                self.show(order.object_id, refunds=(*payment.refunds, refund))
        if self.loses_answers:
            raise Unreachable("the answer was lost")
        return refund

    def refund_seen(self, amount_minor: int, reference: str | None = None, **changes: Any) -> RefundSeen:
        """A refund to be shown; without `reference` somebody made it on the provider's own pages."""
        refund_id = f"re_{next(self._numbers)}"
        seen = RefundSeen(refund_id, reference, amount_minor, self.currency, self.refund_state)
        return replace(seen, **changes)

    def changed_since(self, moment: datetime) -> Iterator[Lookup]:
        self._answer()
        for object_id, payment in list(self.payments.items()):
            yield Lookup(object_id=object_id, payment_id=payment.payment_id)

    def read_message(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Message:
        if headers.get("Stripe-Signature") != sign(body):
            raise Forged("not signed")
        said = json.loads(body)
        names = Lookup(said.get("object_id"), said.get("payment_id"), tuple(said.get("refunds", ())))
        about = names if names.object_id or names.payment_id else None
        return Message(said["id"], said["kind"], about, now, said.get("foreign", ""))

    def lines(self, day: date) -> list[Line]:
        return []

    def show(self, object_id: str, /, **changes: Any) -> Payment:
        """Change what the provider shows."""
        payment = replace(self.payments[object_id], **changes)
        self.payments[object_id] = payment
        return payment

    def pay(self, object_id: str, /, **changes: Any) -> Payment:
        """Somebody pays; `changes` make the payment another one than was asked for."""
        number = next(self._numbers)
        paid: dict[str, Any] = {"state": PaymentState.PAID, "paid_at": datetime.now(UTC)}
        if self.payments[object_id].payment_id is None:
            paid["payment_id"] = f"pi_{number}" if self.is_stripe else f"2026{number}"
        return self.show(object_id, **(paid | changes))

    def message(self, **said: Any) -> tuple[bytes, dict[str, str]]:
        """A signed message: its body and its headers."""
        body = json.dumps({"id": f"evt_{next(self._numbers)}", "kind": "test"} | said).encode()
        return body, {"Stripe-Signature": sign(body)}

    def _object_of(self, order: Order) -> str:
        for object_id, payment in self.payments.items():
            if payment.reference == order.reference:
                return object_id
        object_id = f"cs_{next(self._numbers)}" if self.is_stripe else order.reference
        self.payments[object_id] = Payment(
            provider=self.name,
            object_id=object_id,
            payment_id=None,
            reference=order.reference,
            account=self.account,
            livemode=False,
            mode="payment",
            state=PaymentState.WAITING,
            amount_minor=order.amount_minor,
            currency=order.currency,
        )
        return object_id

    def _answer(self) -> None:
        if self.is_away:
            self.refused += 1
            raise Unreachable("it does not answer")


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()
