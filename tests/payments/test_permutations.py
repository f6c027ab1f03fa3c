"""The messages of whole histories, really signed, in every order and twice: the books come out the same."""

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from billing.payments import registry
from billing.payments.names import ProviderName
from sandbox.alipay import rsa
from tests import alipay_servers, cast
from tests.alipay_servers import Callbacks, listening
from tests.billing.top_ups.purchases import begin, begin_with_alipay, bonus
from tests.cast import USD
from tests.payments.hearing import AtRest, books, hear, kind_of
from tests.sandbox_servers import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, Control

pytestmark = pytest.mark.django_db
CENT = 10**7
MOST_ORDERS = 120 * int(os.environ.get("FAULTS", "1"))
YUAN_100 = 13_888_888_888

# An act may need the id of what an act before it has made: `{"refund": "refund"}`.
Act = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Scenario:
    """What people and banks do, which messages tell of it, and what the books say then."""

    provider: str
    acts: tuple[Act, ...]
    tells: tuple[str, ...]
    ends: dict[str, Any]


PAID = ("complete", {"how": "pay"})
SCENARIOS = {
    "a card": Scenario(
        "stripe",
        (PAID,),
        (
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ),
        {"state": "paid", "balance": 22 * USD},
    ),
    "a slow payment that arrives": Scenario(
        "stripe",
        (("complete", {"how": "pay_later"}), ("settle", {"succeeds": True})),
        (
            *("checkout.session.completed", "checkout.session.async_payment_succeeded"),
            *("payment_intent.processing", "payment_intent.succeeded", "charge.succeeded"),
        ),
        {"state": "paid", "balance": 22 * USD},
    ),
    "a slow payment that fails": Scenario(
        "stripe",
        (("complete", {"how": "pay_later"}), ("settle", {"succeeds": False})),
        (
            *("checkout.session.completed", "checkout.session.async_payment_failed"),
            *("payment_intent.processing", "payment_intent.payment_failed"),
        ),
        {"state": "failed", "balance": 0},
    ),
    "a declined card and another one": Scenario(
        "stripe",
        (("complete", {"how": "decline"}), PAID),
        (
            *("payment_intent.created", "payment_intent.payment_failed"),
            *("charge.succeeded", "checkout.session.completed"),
        ),
        {"state": "paid", "balance": 22 * USD},
    ),
    "a checkout that nobody pays": Scenario(
        "stripe",
        (("complete", {"how": "decline"}), ("expire", {})),
        ("payment_intent.payment_failed", "payment_intent.canceled", "checkout.session.expired"),
        {"state": "expired", "balance": 0},
    ),
    "a part is refunded, another fails": Scenario(
        "stripe",
        (
            PAID,
            ("refund", {"amount": 500}),
            ("refund", {"amount": 700, "status": "pending"}),
            ("fail_refund", {"refund": "refund"}),
        ),
        ("checkout.session.completed", "refund.created", "refund.failed", "charge.refunded"),
        {"state": "paid", "refunded": 500, "balance": 1650 * CENT},
    ),
    "a dispute that is won": Scenario(
        "stripe",
        (
            *(PAID, ("dispute", {"withdraw": True})),
            *(("reinstate", {"dispute": "dispute", "return_fee": True}),),
            ("close", {"dispute": "dispute", "status": "won"}),
        ),
        (
            *("checkout.session.completed", "charge.dispute.created", "charge.dispute.funds_withdrawn"),
            *("charge.dispute.funds_reinstated", "charge.dispute.closed"),
        ),
        {"disputed": 0, "balance": 22 * USD, "customer": "active"},
    ),
    "a refund, then a dispute that is lost, and a warning": Scenario(
        "stripe",
        (
            *(PAID, ("refund", {"amount": 500}), ("dispute", {"amount": 1500, "withdraw": True})),
            *(("close", {"dispute": "dispute", "status": "lost"}), ("fraud_warning", {})),
        ),
        (
            *("checkout.session.completed", "refund.created", "charge.dispute.created"),
            *("charge.dispute.funds_withdrawn", "charge.dispute.closed", "radar.early_fraud_warning.created"),
        ),
        {"refunded": 500, "disputed": 1500, "balance": 0, "debt": 0, "customer": "frozen"},
    ),
    "a scanned code": Scenario(
        "alipay",
        (("scan", {}), ("pay", {}), ("finish", {})),
        ("WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_FINISHED"),
        {"state": "paid", "balance": YUAN_100 + YUAN_100 // 10},
    ),
    "a trade that nobody pays": Scenario(
        "alipay",
        (("scan", {}), ("close", {})),
        ("WAIT_BUYER_PAY", "TRADE_CLOSED"),
        {"state": "expired", "balance": 0},
    ),
    "parts refunded until nothing is left": Scenario(
        "alipay",
        (
            *(("scan", {}), ("pay", {}), ("refund", {"amount": "30.00"})),
            *(("refund", {"amount": "20.00"}), ("refund", {})),
        ),
        (
            *("WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_SUCCESS of a refund", "TRADE_SUCCESS of a refund"),
            "TRADE_CLOSED of a refund",
        ),
        {"state": "paid", "refunded": 10_000, "balance": 0, "debt": 0},
    ),
}


@pytest.fixture
def callbacks() -> Iterator[Callbacks]:
    with listening() as made:
        yield made


@pytest.fixture
def controls(
    stripe_sandbox: Control, alipay_sandbox: Control, callbacks: Callbacks, settings: Settings
) -> dict[str, Control]:
    """Both stand-ins, which tell everything to `callbacks` when they are asked to."""
    settings.PUBLIC_URL = callbacks.url.removesuffix("/webhooks/alipay")
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = STRIPE_KEY, STRIPE_WEBHOOK_SECRET
    settings.STRIPE_API_BASE = stripe_sandbox.url
    settings.ALIPAY_APP_ID, settings.ALIPAY_SELLER_ID = alipay_servers.APP_ID, alipay_servers.SELLER_ID
    settings.ALIPAY_PRIVATE_KEY = rsa.private_text(alipay_servers.app_key())
    settings.ALIPAY_PUBLIC_KEY = rsa.public_text(alipay_servers.alipay_key())
    settings.ALIPAY_GATEWAY = f"{alipay_sandbox.url}/gateway.do"
    stripe_sandbox.act("webhook", url=f"{settings.PUBLIC_URL}/webhooks/stripe")
    for control in (stripe_sandbox, alipay_sandbox):
        control.pause()
    return {"stripe": stripe_sandbox, "alipay": alipay_sandbox}


def happen(scenario: Scenario, control: Control, named: dict[str, str]) -> None:
    made: dict[str, str] = {}
    for name, body in scenario.acts:
        ids = {key: made[value] for key, value in body.items() if key == value}
        answer = control.act(name, **(named | body | ids))
        made[name] = str(answer.get("id", ""))


def told(scenario: Scenario, callbacks: Callbacks) -> list[bytes]:
    """The bodies that tell of the scenario, in the order in which they were sent."""
    left = list(callbacks.bodies)
    chosen = []
    for kind in scenario.tells:
        body = next(body for body in left if kind_of(scenario.provider, body) == kind)
        left.remove(body)
        chosen.append(body)
    return chosen


def orders(count: int, dice: random.Random) -> list[tuple[int, ...]]:
    """All of them, or so many as there is time for; FAULTS asks for more."""
    every = list(itertools.permutations(range(count)))
    return dice.sample(every, min(len(every), MOST_ORDERS))


class TestEveryOrder:
    @pytest.mark.parametrize("name", SCENARIOS)
    def test_ends_as_the_true_one(
        self, name: str, controls: dict[str, Control], callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
    ):
        scenario = SCENARIOS[name]
        control, alice = controls[scenario.provider], cast.player("Alice")
        bonus((10 * USD, 100_000))
        if scenario.provider == "stripe":
            top_up = begin(alice)
            happen(scenario, control, {"session": top_up.object_id})
        else:
            top_up = begin_with_alipay(alice, method="qr")
            happen(scenario, control, {"out_trade_no": top_up.reference})
        control.flush()
        bodies = told(scenario, callbacks)
        rested = AtRest(registry.get(scenario.provider))
        monkeypatch.setitem(registry._MAKERS, ProviderName(scenario.provider), lambda: rested)
        registry._made.cache_clear()

        def heard(order: tuple[int, ...]) -> dict[str, Any]:
            with transaction.atomic():
                for number in order:
                    hear(scenario.provider, bodies[number])
                end = books(alice, top_up)
                transaction.set_rollback(True)
            return end

        true_order = tuple(range(len(bodies)))
        expected = heard(true_order)
        assert expected | scenario.ends == expected
        assert (set(expected["messages"]), expected["alerts"]) == ({"done"}, [])
        dice = random.Random(name)
        for order in orders(len(bodies), dice):
            at = dice.randrange(len(order) + 1)
            assert heard((*order[:at], dice.choice(order), *order[at:])) == expected, order
        registry._made.cache_clear()
