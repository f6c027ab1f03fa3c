"""Money that goes back while things go on: a refund told of five times, a dispute above what is free."""

import hashlib
import hmac
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import Customer, User
from billing.models import Debt, LedgerTransaction, ProviderEvent, Refund, TopUp
from billing.services.refunds import give, send
from billing.services.top_ups import events
from billing.services.top_ups.inbox import LEASE
from tests import cast
from tests.audit_fixture import broken
from tests.billing.top_ups.purchases import again, begin
from tests.cast import OUTPUT_TOKEN, USD, Player
from tests.our_web import Web
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET, Control


@pytest.fixture(autouse=True)
def _model(committed_db: None) -> None:
    cast.model()


def buy(who: Player, stripe: Control) -> TopUp:
    """$20 with a card, credited."""
    top_up = begin(who)
    stripe.act("complete", session=top_up.object_id, how="pay")
    hear(stripe)
    assert who.wallet().balance_nanos == 20 * USD
    return again(top_up)


def hear(stripe: Control) -> None:
    """Let every message arrive, and the worker do what was not done within a webhook's budget."""
    stripe.flush()
    now = timezone.now() + 2 * LEASE
    while events.handle_due(now=now):
        now += 2 * LEASE


def deliver(web: Web, body: str) -> int:
    """Send an event of Stripe's again, as it signs it anew each time."""
    signed_at = int(time.time())
    digest = hmac.new(STRIPE_WEBHOOK_SECRET.encode(), f"{signed_at}.{body}".encode(), hashlib.sha256)
    headers = {"Stripe-Signature": f"t={signed_at},v1={digest.hexdigest()}"}
    return httpx.post(f"{web.url}/webhooks/stripe", content=body, headers=headers, timeout=60).status_code


def posted(who: Player, kind: str) -> int:
    return LedgerTransaction.objects.filter(customer_id=who.id, kind=kind).count()


class TestRefund:
    def test_of_ours_with_its_events_five_times_is_one_debit(self, web: Web, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = buy(alice, stripe_connected)
        operator = User.objects.create_superuser("root@example.com")
        refund_id = uuid7()
        give.give(
            customer_id=alice.id,
            top_up_id=top_up.id,
            amount_minor=500,
            reason="asked for it",
            author_id=operator.id,
            refund_id=refund_id,
            now=timezone.now(),
        )
        send.send(customer_id=alice.id, refund_id=refund_id, now=timezone.now())
        hear(stripe_connected)

        told = [message["body"] for message in stripe_connected.messages() if "refund" in message["kind"]]
        assert told, "Stripe tells of a refund"
        with ThreadPoolExecutor(4) as threads:
            statuses = list(threads.map(lambda body: deliver(web, body), told * 5))
        hear(stripe_connected)

        assert set(statuses) == {200}
        assert alice.wallet().balance_nanos == 15 * USD
        assert (Refund.objects.count(), posted(alice, "refund")) == (1, 1)
        assert again(top_up).refunded_minor == 500
        assert set(ProviderEvent.objects.values_list("state", flat=True)) <= {"done", "ignored"}


class TestDispute:
    def test_larger_than_is_free_leaves_the_hold_and_makes_debt(self, web: Web, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = buy(alice, stripe_connected)
        held = cast.hold(alice, tokens_in=1_000_000, out=128_000)
        set_aside = alice.wallet().held_nanos

        dispute = stripe_connected.act("dispute", session=top_up.object_id, withdraw=True)
        hear(stripe_connected)
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (set_aside, set_aside)
        assert wallet.debt_nanos == set_aside
        assert Customer.objects.get(id=alice.id).state == "frozen"
        assert posted(alice, "dispute") == 2, "the money, and the bank's fee, which is the house's"
        assert broken() == {}

        cast.send(cast.report(alice, held.request_id, output=1_000))
        cast.settle()
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (0, 0)
        assert wallet.debt_nanos == 1_000 * OUTPUT_TOKEN
        assert broken() == {}

        stripe_connected.act("reinstate", dispute=dispute["id"])
        stripe_connected.act("close", dispute=dispute["id"], status="won")
        hear(stripe_connected)
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (20 * USD - 1_000 * OUTPUT_TOKEN, 0)
        assert Customer.objects.get(id=alice.id).state == "active"
        assert Debt.objects.count() == 1
