"""The control API, and how calls are slowed and lost."""

import time

import pytest
import stripe

from sandbox.ground.faults import BadFault, Faults
from tests.sandbox.orders import checkout
from tests.sandbox_servers import HTTP, Control


class TestFaults:
    def test_change_only_what_is_named(self) -> None:
        changed = Faults(duplicate=0.5).changed({"drop_all": True, "delay_ms": 10})

        assert changed == Faults(duplicate=0.5, drop_all=True, delay_ms=10)

    @pytest.mark.parametrize(
        "changes",
        [
            {"surprise": 1},
            {"duplicate": 2},
            {"duplicate": "1"},
            {"drop_all": 1},
            {"delay_ms": True},
            {"delay_ms": 0.5},
        ],
    )
    def test_refuse_what_makes_no_sense(self, changes: dict[str, object]) -> None:
        with pytest.raises(BadFault):
            Faults().changed(changes)


class TestControl:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("faults", b'{"surprise": 1}'),
            ("faults", b"[]"),
            ("seed", b"{"),
            ("act/complete", b'{"session": "cs_nothing", "how": "pay"}'),
            ("act/withdraw", b"{}"),
        ],
    )
    def test_refuses_nonsense_in_words(self, stripe_sandbox: Control, path: str, body: bytes) -> None:
        answer = HTTP.post(f"{stripe_sandbox.url}/_control/{path}", content=body)

        assert answer.status_code == 400
        assert answer.json()["error"]

    def test_forgets_everything_on_reset(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        checkout(client)
        stripe_sandbox.faults(drop=0.5)
        stripe_sandbox.advance(3600)

        stripe_sandbox.reset()

        state = stripe_sandbox.state()
        assert (state["kinds"], state["pending"], state["offset_s"]) == ({}, 0, 0)
        assert state["faults"]["drop"] == 0

    def test_answers_calls_slowly_as_told(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        stripe_sandbox.answer_in(300)
        started = time.monotonic()

        checkout(client)

        assert time.monotonic() - started >= 0.3

    def test_answers_in_200_ms_unless_told_otherwise(self, stripe_sandbox: Control) -> None:
        stripe_sandbox.reset()

        assert stripe_sandbox.state()["answer_ms"] == 200


class TestClock:
    def test_moves_what_is_created(self, client: stripe.StripeClient, stripe_sandbox: Control) -> None:
        before = checkout(client).created

        stripe_sandbox.set_clock(-86400)

        assert checkout(client).created < before - 80000
