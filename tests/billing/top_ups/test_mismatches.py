"""Payments that are not what was asked for: nothing is posted, and an operator sees them."""

from typing import Any

import pytest

from billing.models import PaymentAlert, PaymentReference, TopUp
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, books, look
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("wrong_amount", {"amount_minor": 1999}),
    ("wrong_amount", {"amount_minor": 2001}),
    ("wrong_amount", {"amount_minor": 200_000}),
    ("wrong_amount", {"amount_minor": 20}),
    ("wrong_currency", {"currency": "CNY"}),
    ("wrong_currency", {"currency": "JPY"}),
    ("wrong_currency", {"currency": "usd"}),
    ("wrong_account", {"account": "acct_2"}),
    ("wrong_account", {"account": ""}),
    ("wrong_livemode", {"livemode": True}),
    ("wrong_provider", {"provider": "alipay"}),
    ("wrong_mode", {"mode": "subscription"}),
    ("wrong_mode", {"mode": "setup"}),
    ("wrong_mode", {"mode": "no_payment_required"}),
    ("wrong_reference", {"reference": None}),
    ("wrong_reference", {"reference": ""}),
    ("wrong_reference", {"reference": "0" * 32}),
    ("wrong_object", {"object_id": "cs_other"}),
    ("no_payment_id", {"payment_id": None}),
    ("no_payment_id", {"payment_id": ""}),
]
WRONG_AT_ALIPAY: list[tuple[str, dict[str, Any]]] = [
    ("wrong_amount", {"amount_minor": 9_999}),
    ("wrong_amount", {"amount_minor": 100}),
    ("wrong_amount", {"amount_minor": 1_000_000}),
    ("wrong_currency", {"currency": "USD"}),
    ("wrong_currency", {"currency": "HKD"}),
    ("wrong_account", {"account": "2022:2088"}),
    ("wrong_account", {"account": "2021:2089"}),
    ("wrong_account", {"account": "2021"}),
    ("wrong_livemode", {"livemode": True}),
    ("wrong_provider", {"provider": "stripe"}),
    ("wrong_mode", {"mode": "precreate"}),
    ("wrong_reference", {"reference": "1" * 32}),
    ("wrong_object", {"object_id": "2" * 32}),
    ("no_payment_id", {"payment_id": ""}),
]


class TestMismatch:
    @pytest.mark.parametrize(("code", "changes"), WRONG)
    def test_at_stripe_credits_nothing_and_is_listed(
        self, stripe: StandIn, code: str, changes: dict[str, Any]
    ):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, **changes)

        self._refuses(alice, top_up, code)
        stripe.pay(top_up.object_id, **self._right(stripe, top_up))
        assert look(top_up).is_credited_now

    @pytest.mark.parametrize(("code", "changes"), WRONG_AT_ALIPAY)
    def test_at_alipay_credits_nothing_and_is_listed(
        self, alipay: StandIn, code: str, changes: dict[str, Any]
    ):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        alipay.pay(top_up.object_id, **changes)

        self._refuses(alice, top_up, code)

    def test_of_two_top_ups_for_one_payment_credits_the_first(self, stripe: StandIn):
        alice, charlie = cast.player("Alice"), cast.player("Charlie")
        first, second = begin(alice), begin(charlie)
        paid = stripe.pay(first.object_id)
        stripe.pay(second.object_id, payment_id=paid.payment_id)
        look(first)
        self._refuses(charlie, second, "reference_taken")
        assert books(alice) == (20 * USD, 1, 1)

    def _refuses(self, who: cast.Player, top_up: TopUp, code: str) -> None:
        before = again(top_up)
        for _ in range(2):
            converged = look(top_up)
            assert converged.difference is not None
            assert (converged.difference.code, converged.is_credited_now) == (code, False)
        assert again(top_up) == before
        assert (again(top_up).state, again(top_up).payment_id) == ("open", "")
        assert books(who) == (0, 0, 0)
        alert = PaymentAlert.objects.get()
        assert (alert.code, alert.top_up_id, alert.resolved_at) == (code, top_up.id, None)
        assert not PaymentReference.objects.filter(kind="payment", top_up_id=top_up.id).exists()

    def _right(self, stripe: StandIn, top_up: TopUp) -> dict[str, Any]:
        return {
            "amount_minor": 2000,
            "currency": "USD",
            "account": stripe.account,
            "livemode": False,
            "provider": "stripe",
            "mode": "payment",
            "reference": top_up.id.hex,
            "object_id": top_up.object_id,
            "payment_id": "pi_right",
        }
