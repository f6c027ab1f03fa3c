"""Every request of ours is one that Stripe's OpenAPI description allows, as its own stripe-mock judges."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import stripe

from billing.payments.errors import Declined
from billing.payments.names import Method
from billing.payments.protocol import Lookup, RefundOrder
from billing.payments.stripe import disputes
from billing.payments.stripe.client import Keys, connect
from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments import stripe_mock
from tests.billing.payments.stripe_orders import ALICE, order, provider_at

pytestmark = pytest.mark.slow
KEY = "sk_test_123"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = stripe_mock.build(tmp_path_factory.mktemp("stripe-mock"))
    with stripe_mock.running(program) as made:
        yield made


@pytest.fixture
def provider(address: str) -> StripeProvider:
    return provider_at(address, secret_key=KEY)


class TestRequests:
    def test_are_judged(self, address: str):
        client = stripe.StripeClient(KEY, base_addresses={"api": address})

        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"surprise": 1})  # type: ignore[arg-type]

    def test_start_a_checkout(self, provider: StripeProvider):
        assert provider.start_checkout(order()).object_id.startswith("cs_test_")

    def test_start_a_checkout_that_saves_a_card(self, provider: StripeProvider):
        assert provider.start_checkout(order(save_card=True)).url
        assert provider.start_checkout(order(save_card=True, payer="cus_1")).url

    def test_close_a_checkout(self, provider: StripeProvider):
        provider.close("cs_test_1")
        provider.close("pi_1")

    def test_charge_a_saved_card(self, provider: StripeProvider):
        # The example that it answers with waits for a card: to us that is a decline.
        with pytest.raises(Declined):
            provider.charge_card(order(method=Method.SAVED_CARD, payer="cus_1", card="pm_1"))

    def test_open_a_payer(self, provider: StripeProvider):
        assert provider.open_payer(ALICE, "alice@example.com").startswith("cus_")

    def test_fetch_a_payment(self, provider: StripeProvider):
        by_session = provider.fetch(Lookup(object_id="cs_test_1"))
        by_payment = provider.fetch(Lookup(payment_id="pi_1"))

        assert by_session
        assert by_payment
        assert by_session.object_id.startswith("cs_test_")
        assert by_payment.payment_id == "pi_1"

    def test_list_disputes_and_warnings(self, address: str):
        client = connect(Keys(secret_key=KEY, webhook_secrets=(), api_base=address)).reading

        assert disputes.listed(client, "pi_1")
        assert disputes.find_warning(client, "pi_1")

    def test_refund(self, provider: StripeProvider):
        wanted = RefundOrder(
            reference="refund-1",
            object_id="cs_test_1",
            payment_id="pi_1",
            amount_minor=100,
            currency="USD",
            reason="not needed",
        )

        assert provider.refund(wanted).refund_id.startswith("re_")

    def test_list_what_changed_and_a_day(self, provider: StripeProvider):
        now = datetime.now(UTC)

        assert list(provider.changed_since(now))
        assert provider.lines(now.date())
