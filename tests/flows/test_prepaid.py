"""What prepaid means: credit first, exact charges, a cut-off when it is gone, work again with new credit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.services import customers, keys
from catalog import prices
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.flows import world
from tests.gateways import hold_body
from usage.models import Charge
from usage.services import quarantine, statements


@pytest.fixture
def alice(gateway):
    return cast.player("Alice", 1 * USD)


def statement(who):
    return statements.of_customer(
        customer_id=who.id, since=cast.LONG_AGO, until=timezone.now() + timedelta(days=1)
    )


class TestAlice:
    def test_gets_a_grant_calls_and_sees_her_charge(self, gateway, alice):
        held = world.ask(gateway, alice)
        assert held.status_code == 201
        assert world.answered(gateway, alice, held, input=374, output=44) == "accepted"
        world.work()

        request = world.body(gateway.get(f"requests/{world.body(held)['request_id']}"))
        assert request["charge"]["amount"] == "0.000629046"
        assert request["hold"]["state"] == "settled"
        assert alice.wallet().balance_nanos == 1 * USD - 629_046
        assert [(line.kind, line.out_nanos) for line in statement(alice).lines] == [
            ("grant", 0),
            ("usage", 629_046),
        ]

    def test_pays_once_however_often_the_gateway_reports(self, gateway, alice):
        held = world.ask(gateway, alice)
        results = []
        for _time in range(3):
            results.append(world.answered(gateway, alice, held, input=374, output=44))
            world.work()

        assert results == ["accepted", "duplicate", "duplicate"]
        assert alice.wallet().balance_nanos == 1 * USD - 629_046

    def test_pays_nothing_for_a_request_that_never_ran(self, gateway, alice):
        held = world.body(world.ask(gateway, alice))
        assert alice.wallet().held_nanos > 0

        gateway.post(f"holds/{held['request_id']}/release", {"reason": "the provider is down"})

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (1 * USD, 0)

    def test_gets_her_credit_back_when_the_gateway_dies(self, gateway, alice):
        held = world.ask(gateway, alice)
        world.time_passes(minutes=16)
        assert alice.wallet().held_nanos == 0

        assert world.answered(gateway, alice, held, input=374, output=44) == "accepted"
        world.work()
        assert alice.wallet().balance_nanos == 1 * USD - 629_046

    def test_loses_a_key_and_still_pays_for_what_it_ran(self, gateway, alice):
        held = world.ask(gateway, alice)
        keys.revoke(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())
        world.work()

        assert world.cached_state(alice) == "revoked"
        assert world.body(world.ask(gateway, alice))["code"] == "key_revoked"
        assert world.answered(gateway, alice, held, input=374, output=44) == "accepted"
        world.work()
        assert Charge.objects.get().amount_nanos == 629_046

    def test_uses_a_model_that_is_priced_only_later(self, gateway, alice):
        held = world.body(world.ask(gateway, alice))
        event = {"request_id": held["request_id"], "key_digest": alice.digest.hex(), "model": "new-model"}
        event |= {"meters": {"output": 10}, "outcome": "completed", "evidence": "reported"}
        sent = world.body(gateway.post("usage", {"events": [event]}))
        assert sent["results"][0]["code"] == "unknown_model"

        cast.model("new-model")
        prices.forget()
        [waiting] = quarantine.waiting()
        quarantine.replay(event_id=waiting, now=timezone.now())
        world.work()

        assert alice.wallet().balance_nanos == 1 * USD - 10 * OUTPUT_TOKEN
        assert quarantine.waiting() == []


class TestDora:
    @pytest.fixture
    def dora(self, gateway):
        return cast.player("Dora")

    def test_is_refused_until_credit_comes_and_again_when_it_is_gone(self, gateway, dora):
        assert world.body(world.ask(gateway, dora))["code"] == "cut_off"

        cast.fund(dora.id, 2_000_000)
        world.work()
        assert world.cached_state(dora) == "active"
        held = world.ask(gateway, dora)
        assert held.status_code == 201
        world.answered(gateway, dora, held, input=374, output=256)
        world.work()

        assert world.cached_state(dora) == "cut_off"
        refused = world.ask(gateway, dora)
        assert (refused.status_code, world.body(refused)["code"]) == (402, "cut_off")
        assert dora.wallet().debt_nanos == 0

        cast.fund(dora.id, 1 * USD)
        world.work()
        assert world.cached_state(dora) == "active"
        assert world.ask(gateway, dora).status_code == 201

    def test_gets_a_short_answer_for_a_small_balance(self, gateway, dora):
        cast.fund(dora.id, 2_000_000)
        too_much = world.body(world.ask(gateway, dora, out=4096))
        assert too_much["code"] == "insufficient_credit"

        clamped = world.body(world.ask(gateway, dora, out=4096, clamp={"min_output": 16}))

        assert clamped["max_output"] == too_much["affordable_output"] == 302
        assert clamped["available"] == "0.000004844"

    def test_owes_what_went_above_the_bounds_and_pays_it_first(self, gateway, dora):
        cast.fund(dora.id, 300 * OUTPUT_TOKEN)
        held = gateway.post("holds", hold_body(dora, bounds={"input": 0, "output": 300}))
        world.answered(gateway, dora, held, output=400)
        world.work()
        assert dora.wallet().debt_nanos == 100 * OUTPUT_TOKEN
        assert world.body(world.ask(gateway, dora))["code"] == "cut_off"

        cast.fund(dora.id, 1 * USD)

        wallet = dora.wallet()
        assert (wallet.debt_nanos, wallet.balance_nanos) == (0, 1 * USD - 100 * OUTPUT_TOKEN)
        assert [line.kind for line in statement(dora).lines] == [
            "grant",
            "owed",
            "usage",
            "grant",
            "debt_repayment",
        ]


class TestCharlie:
    def test_is_not_touched_by_what_alice_does(self, gateway, alice):
        charlie = cast.player("Charlie", 1 * USD)
        held = world.ask(gateway, alice)
        world.answered(gateway, alice, held, input=374, output=44)
        customers.freeze(customer_id=alice.id, reason="a dispute", now=timezone.now())
        world.work()

        assert world.body(world.ask(gateway, alice))["code"] == "customer_frozen"
        assert world.cached_state(charlie) == "active"
        assert charlie.wallet().balance_nanos == 1 * USD
        assert [line.kind for line in statement(charlie).lines] == ["grant"]
