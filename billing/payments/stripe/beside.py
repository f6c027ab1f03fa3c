"""What Stripe keeps apart from a payment, asked for all at once: a webhook's answer waits for all of it."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

import stripe

from billing.payments.protocol import DisputeSeen, RefundSeen
from billing.payments.stripe import disputes, refunds

# Three questions for each payment that is looked at. They touch no database.
_threads: Final = ThreadPoolExecutor(max_workers=24, thread_name_prefix="stripe")


@dataclass(frozen=True, slots=True)
class Beside:
    """Refunds, disputes and a fraud warning, on their way; `result()` waits, and raises the SDK's errors."""

    payment_id: str
    refunds: Future[tuple[RefundSeen, ...]]
    disputes: Future[tuple[DisputeSeen, ...]]
    fraud_warning: Future[str | None]

    @classmethod
    def ask(cls, client: stripe.StripeClient, payment_id: str) -> Self:
        return cls(
            payment_id=payment_id,
            refunds=_threads.submit(refunds.listed, client, payment_id),
            disputes=_threads.submit(disputes.listed, client, payment_id),
            fraud_warning=_threads.submit(disputes.find_warning, client, payment_id),
        )
