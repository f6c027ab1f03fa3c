"""The stand-in's answers and parameters are what Stripe's own OpenAPI description says."""

import pytest
import stripe

from sandbox.stripe.api import Endpoint
from sandbox.stripe.server import ENDPOINTS
from tests.sandbox.orders import checkout, saved_card
from tests.sandbox.stripe_spec import Spec, load
from tests.sandbox_servers import HTTP, STRIPE_KEY, Control

pytestmark = pytest.mark.slow
LISTS = (
    "balance_transactions", "charges", "checkout/sessions", "customers", "disputes", "events",
    "payment_intents", "payment_methods", "payouts", "radar/early_fraud_warnings", "refunds",
)  # fmt: skip


@pytest.fixture(scope="module")
def spec() -> Spec:
    return load()


def get(control: Control, path: str) -> dict[str, object]:
    response = HTTP.get(f"{control.url}/v1/{path}", headers={"Authorization": f"Bearer {STRIPE_KEY}"})
    return dict(response.json())


def live_through_everything(client: stripe.StripeClient, control: Control) -> None:
    """One of each: paid, declined, late, expired, refunded, disputed, warned about, paid out."""
    customer, card = saved_card(client, control)
    saved_card(client, control, behaviour="confirms")
    intent = client.v1.payment_intents.create(
        params={
            "amount": 1500,
            "currency": "usd",
            "customer": customer,
            "payment_method": card,
            "off_session": True,
            "confirm": True,
        }
    )
    control.act("complete", session=checkout(client).id, how="decline")
    for succeeds in (True, False):
        late = checkout(client).id
        control.act("complete", session=late, how="pay_later")
        control.act("settle", session=late, succeeds=succeeds)
        if succeeds:
            control.act("refund", session=late, amount=100)
    refund = control.act("refund", payment_intent=intent.id, amount=100)
    control.act("fail_refund", refund=refund["id"])
    control.act("fraud_warning", payment_intent=intent.id)
    dispute = control.act("dispute", payment_intent=intent.id, withdraw=True)
    control.act("reinstate", dispute=dispute["id"])
    client.v1.checkout.sessions.expire(checkout(client).id)
    checkout(client)
    control.act("payout")


class TestAnswers:
    def test_have_the_fields_that_stripe_describes(
        self, client: stripe.StripeClient, stripe_sandbox: Control, spec: Spec
    ) -> None:
        live_through_everything(client, stripe_sandbox)

        answers = [get(stripe_sandbox, "account")]
        for name in LISTS:
            page = get(stripe_sandbox, f"{name}?limit=100")["data"]
            assert isinstance(page, list)
            assert page, name
            answers += page

        assert [(one["id"], complaint) for one in answers for complaint in spec.complaints(one)] == []

    def test_would_be_told_of_an_invented_field(self, stripe_sandbox: Control, spec: Spec) -> None:
        account = get(stripe_sandbox, "account")

        assert spec.complaints(account | {"surprise": 1})
        assert spec.complaints(account | {"charges_enabled": "yes"})


class TestParameters:
    @pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
    def test_are_ones_that_stripe_takes(self, spec: Spec, endpoint: Endpoint) -> None:
        taken = spec.parameters(endpoint.method, spec.path_like(endpoint.path))

        assert set(endpoint.fields) <= taken
