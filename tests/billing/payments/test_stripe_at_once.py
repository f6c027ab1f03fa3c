"""The same request from many threads at once: Stripe's idempotency keys hold them together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from billing.payments.errors import Unreachable
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import card_order, order, paid, refund_of
from tests.sandbox_servers import Control

AT_ONCE = 6


def together(ask: Callable[[], str | None]) -> set[str]:
    """The ids that they were answered; some may only be told that the outcome is unknown yet."""

    def one(_: int) -> str | None:
        try:
            return ask()
        except Unreachable:
            return None

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return {answer for answer in threads.map(one, range(AT_ONCE)) if answer is not None}


class TestAtOnce:
    def test_one_session_is_opened(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        stripe_sandbox.answer_in(100)
        placed = order()

        opened = together(lambda: stripe_provider.start_checkout(placed).object_id)

        assert len(opened) == len(stripe_sandbox.objects("checkout.session")) == 1

    def test_a_card_is_charged_once(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        placed = card_order(stripe_provider, stripe_sandbox)
        before = len(stripe_sandbox.objects("charge"))
        stripe_sandbox.answer_in(100)

        charged = together(lambda: stripe_provider.charge_card(placed).payment_id)

        assert len(charged) == len(stripe_sandbox.objects("charge")) - before == 1

    def test_one_refund_is_made(self, stripe_provider: StripeProvider, stripe_sandbox: Control):
        wanted = refund_of(paid(stripe_provider, stripe_sandbox), 500)
        stripe_sandbox.answer_in(100)

        made = together(lambda: stripe_provider.refund(wanted).refund_id)

        assert len(made) == len(stripe_sandbox.objects("refund")) == 1
