"""Holds against changes of key, customer and wallet: a hold comes before the change or after it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiKey
from billing.ledger.book import Book
from billing.models import Hold, LedgerAccount, TransactionKind
from billing.services import customers, keys
from billing.services.holds import end
from billing.services.holds.requests import HoldAnswer, HoldRequest
from tests import cast
from tests.cast import OUTPUT_TOKEN, Player
from tests.concurrency.crew import Crew
from tests.concurrency.test_holds import outcome

Hire = Callable[[int], Crew]


def revoke(who: Player, now: datetime) -> None:
    keys.revoke(customer=who.customer, api_key_id=who.api_key_id, now=now)


def let_it_expire(who: Player, now: datetime) -> None:
    with keys.changing(who.id, now=now):
        ApiKey.objects.filter(id=who.api_key_id).update(expires_at=ApiKey.objects.get().created_at)


def restrict(who: Player, now: datetime) -> None:
    keys.restrict(customer=who.customer, api_key_id=who.api_key_id, allowed_models=["another-model"], now=now)


def freeze(who: Player, now: datetime) -> None:
    customers.freeze(customer_id=who.id, reason="fraud warning", now=now)


def close(who: Player, now: datetime) -> None:
    customers.close(customer_id=who.id, reason="left", now=now)


def take_credit(who: Player, now: datetime, leave: int) -> None:
    with transaction.atomic():
        book = Book.lock([who.id], now=now)
        entry = book.entry(who.id, TransactionKind.ADJUSTMENT, reason="for the test")
        taken = book.wallets[who.id].available - leave
        book.debit(entry, taken, to=LedgerAccount.EQUITY_ADJUSTMENT)
        book.save()


def take_all(who: Player, now: datetime) -> None:
    take_credit(who, now, leave=0)


def take_most(who: Player, now: datetime) -> None:
    take_credit(who, now, leave=999 * OUTPUT_TOKEN)


def grant(who: Player, now: datetime) -> None:
    cast.fund(who.id, 1000 * OUTPUT_TOKEN)


def repay(who: Player, now: datetime) -> None:
    cast.fund(who.id, 1500 * OUTPUT_TOKEN)


def give_back(who: Player, now: datetime) -> None:
    for running in Hold.objects.filter(customer=who.customer, state="open"):
        end.release(
            request_id=running.request_id, gateway_id=running.gateway_id, reason="for the test", now=now
        )


def spend(who: Player, output: int = 1000) -> None:
    cast.send(cast.report(who, output=output))
    cast.settle()


STARTS: dict[object, Callable[[Player], object]] = {
    grant: spend,
    repay: partial(spend, output=1500),
    give_back: partial(cast.hold, out=1000),
}

CHANGES = {
    "key_revoked": revoke,
    "key_expired": let_it_expire,
    "model_not_allowed": restrict,
    "customer_frozen": freeze,
    "customer_closed": close,
    "cut_off": take_all,
    "insufficient_credit": take_most,
}


class TestHoldThatWaited:
    """The hold's statement began before the change was committed: its snapshot does not show the change."""

    @pytest.mark.parametrize(("code", "change"), CHANGES.items())
    @pytest.mark.parametrize("min_output", [None, 1000])
    def test_sees_what_it_waited_for(
        self, crew: Hire, code: str, change: Callable[[Player, datetime], None], min_output: int | None
    ):
        cast.model("another-model")
        alice = cast.player("Alice", 2000 * OUTPUT_TOKEN)
        request = cast.hold_request(alice, out=1000, min_output=min_output)

        with transaction.atomic():
            change(alice, timezone.now())
            waiting = crew(1).begin(lambda: outcome(request))

        assert waiting.result() == code
        assert alice.wallet().held_nanos == 0

    @pytest.mark.parametrize("come", [grant, repay, give_back])
    @pytest.mark.parametrize("min_output", [None, 1000])
    def test_spends_the_credit_that_it_waited_for(
        self, crew: Hire, come: Callable[[Player, datetime], None], min_output: int | None
    ):
        """The wallet's constraints must not judge the hold by the wallet as it was before the wait."""
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        STARTS[come](alice)
        assert alice.wallet().available_nanos == 0
        request = cast.hold_request(alice, out=1000, min_output=min_output)

        with transaction.atomic():
            come(alice, timezone.now())
            waiting = crew(1).begin(lambda: outcome(request))

        assert isinstance(waiting.result(), HoldAnswer)
        wallet = alice.wallet()
        assert (wallet.available_nanos, wallet.debt_nanos) == (0, 0)


class TestChangeOfKey:
    @pytest.mark.parametrize(("code", "change"), [("key_revoked", revoke), ("customer_frozen", freeze)])
    def test_refuses_every_hold_that_begins_once_it_returned(
        self, crew: Hire, code: str, change: Callable[[Player, datetime], None]
    ):
        """100 rounds: three threads hold as fast as they can, the fourth revokes or freezes."""
        alice = cast.player("Alice", 1_000_000_000 * OUTPUT_TOKEN)
        threads = crew(4)

        for _ in range(100):
            issued = keys.create(customer=alice.customer, name="Another", now=timezone.now())
            who = Player(alice.customer, issued.secret, issued.key.id)
            changed = threading.Event()
            hold = partial(hold_until_refused, cast.hold_request(who, out=1), changed)

            codes = threads.each([hold, hold, hold, partial(announce, change, who, changed)])
            assert codes == [code, code, code, ""]
            customers.unfreeze(customer_id=alice.id, reason="next round", now=timezone.now())


def announce(change: Callable[[Player, datetime], None], who: Player, changed: threading.Event) -> str:
    try:
        change(who, timezone.now())
    finally:
        changed.set()
    return ""


def hold_until_refused(base: HoldRequest, changed: threading.Event) -> str:
    while True:
        was_changed = changed.is_set()
        found = outcome(replace(base, request_id=uuid7()))
        if isinstance(found, str):
            return found
        assert not was_changed, "a hold was placed after the change had returned"
