"""Whether a payment is the one that a top-up asked for, by the provider's own object."""

from dataclasses import dataclass

from billing.models import TopUp
from billing.payments.protocol import Payment, PaymentProvider, PaymentState


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing in which a payment is not what was asked for."""

    code: str
    detail: str


def find_difference(top_up: TopUp, payment: Payment, provider: PaymentProvider) -> Difference | None:
    """Compare whose payment it is, for what, and how much; nothing is posted where one of it differs."""
    expected = [
        ("wrong_provider", top_up.provider, payment.provider),
        ("wrong_account", provider.account, payment.account),
        ("wrong_livemode", provider.livemode, payment.livemode),
        ("wrong_mode", "payment", payment.mode),
        ("wrong_reference", top_up.reference, payment.reference),
        ("wrong_object", top_up.object_id or payment.object_id, payment.object_id),
        ("wrong_payment", top_up.payment_id or payment.payment_id, payment.payment_id),
        ("wrong_currency", top_up.currency, payment.currency),
        ("wrong_amount", top_up.amount_minor, payment.amount_minor),
    ]
    for code, ours, theirs in expected:
        if ours != theirs:
            return Difference(code, f"asked for {ours!s}, found {theirs!s}")
    if payment.state == PaymentState.PAID and not payment.payment_id:
        return Difference("no_payment_id", "it is paid without a payment that can be named")
    return None
