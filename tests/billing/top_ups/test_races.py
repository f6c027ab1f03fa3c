"""Everything at once: deliveries, poller and page, two top-ups for one payment. Each payment counts once."""

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from billing.models import EventState, PaymentAlert, ProviderEvent, TopUp
from billing.payments.protocol import PaymentState
from billing.services.top_ups import events, inbox, poll
from billing.services.top_ups.inbox import LEASE
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, books, look
from tests.cast import USD
from tests.concurrency.crew import Crew
from tests.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("committed_db")

Hire = Callable[[int], Crew]


@pytest.fixture
def crew(committed_db: None) -> Iterator[Hire]:
    crews: list[Crew] = []

    def hire(size: int) -> Crew:
        crews.append(Crew(size))
        return crews[-1]

    yield hire
    for each in crews:
        each.go_home()


def deliver(provider: StandIn, body: bytes, headers: dict[str, str]) -> int:
    """Post a message from a thread of its own and return the status."""
    try:
        answer = Client().post(
            f"/webhooks/{provider.name.value}", body, content_type="application/json", headers=headers
        )
        return answer.status_code
    finally:
        connections.close_all()


def _poll(due: datetime | None) -> int:
    assert due is not None
    return poll.poll_due(now=due)


def settle_down() -> None:
    """Let the worker handle all that still waits, and the leases run out."""
    now = timezone.now() + 2 * LEASE
    while events.handle_due(now=now):
        now += 2 * LEASE


class TestDeliveries:
    def test_of_one_event_20_times_at_once_credit_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        body, headers = stripe.message(object_id=top_up.object_id)

        answers = crew(20).together(lambda _: deliver(stripe, body, headers))

        assert set(answers) == {200}
        settle_down()
        assert ProviderEvent.objects.get().state == EventState.DONE
        assert books(alice) == (20 * USD, 1, 1)

    def test_of_20_events_about_one_payment_credit_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)

        def send(_number: int) -> int:
            return deliver(stripe, *stripe.message(object_id=top_up.object_id))

        assert set(crew(20).together(send)) == {200}
        settle_down()
        assert set(ProviderEvent.objects.values_list("state", flat=True)) == {EventState.DONE}
        assert books(alice) == (20 * USD, 1, 1)


class TestConvergers:
    def test_from_webhook_poller_page_and_operator_credit_once(self, stripe: StandIn, crew: Hire):
        threads = crew(8)
        for number in range(10):
            who = cast.player(f"Alice{number}")
            top_up = begin(who)
            stripe.pay(top_up.object_id)
            due = again(top_up).next_check_at
            message = stripe.message(object_id=top_up.object_id)
            jobs: list[Callable[[], object]] = [
                partial(deliver, stripe, *message),
                partial(_poll, due),
                *[partial(look, top_up)] * 6,
            ]
            threads.each(jobs)
            settle_down()
            assert books(who) == (20 * USD, 1, 1)

    def test_that_all_saw_the_payment_before_any_locked_credit_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        stripe.at_fetch = threading.Barrier(8)
        converged = crew(8).together(lambda _: look(top_up))
        assert sum(each.is_credited_now for each in converged) == 1
        assert books(alice) == (20 * USD, 1, 1)

    def test_of_two_customers_for_one_payment_credit_one(self, stripe: StandIn, crew: Hire):
        threads = crew(2)
        for number in range(10):
            alice, charlie = cast.player(f"Alice{number}"), cast.player(f"Charlie{number}")
            tops = [begin(alice), begin(charlie)]
            paid = stripe.pay(tops[0].object_id)
            stripe.pay(tops[1].object_id, payment_id=paid.payment_id)
            stripe.at_fetch = threading.Barrier(2)
            converged = threads.each([partial(look, each) for each in tops])
            stripe.at_fetch = None
            assert sum(each.is_credited_now for each in converged) == 1
            assert books(alice)[1] + books(charlie)[1] == 1
            assert PaymentAlert.objects.filter(code="reference_taken").count() == number + 1


class TestStarters:
    def test_of_one_key_begin_one_top_up(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        begun = crew(8).together(lambda _: begin(alice))
        assert len({each.id for each in begun}) == len({each.object_id for each in begun}) == 1
        assert (TopUp.objects.count(), len(stripe.payments)) == (1, 1)


class TestWorkers:
    def test_never_poll_one_top_up_at_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        due = [begin(alice, str(number)) for number in range(8)]
        now = max(each.created_at for each in due) + poll.UNPAID[0]
        before = stripe.fetched
        polled = crew(4).together(lambda _: poll.poll_due(now=now))
        assert sum(polled) == stripe.fetched - before == 8

    def test_never_claim_one_event_at_once(self, stripe: StandIn, crew: Hire):
        stripe.is_away = True
        top_up = begin_nothing(stripe)
        for _ in range(8):
            deliver(stripe, *stripe.message(object_id=top_up.object_id))
        now = timezone.now() + 2 * LEASE
        claims = crew(4).together(lambda _: inbox.claim(most=3, now=now))
        claimed = list(itertools.chain.from_iterable(claims))
        assert len(claimed) == len(set(claimed)) == 8


def begin_nothing(stripe: StandIn) -> TopUp:
    stripe.is_away = False
    top_up = begin(cast.player("Alice"))
    stripe.is_away = True
    return top_up


# What the provider shows, step by step, and the message that tells of each step.
STORY: list[tuple[str, PaymentState]] = [
    ("checkout.session.completed", PaymentState.PROCESSING),
    ("checkout.session.async_payment_succeeded", PaymentState.PAID),
    ("payment_intent.succeeded", PaymentState.PAID),
    ("checkout.session.expired", PaymentState.PAID),
]


class TestOrder:
    @pytest.mark.parametrize("order", list(itertools.permutations(range(len(STORY)))))
    def test_of_messages_and_repetitions_changes_nothing(self, stripe: StandIn, order: tuple[int, ...]):
        """Whatever comes first, and twice: the provider's story goes on between the deliveries."""
        alice = cast.player("Alice")
        top_up = begin(alice)
        messages = [stripe.message(object_id=top_up.object_id, kind=kind) for kind, _ in STORY]
        for step, number in enumerate(order):
            stripe.pay(top_up.object_id, state=STORY[step][1])
            for _ in range(2):
                assert deliver(stripe, *messages[number]) == 200
        assert (again(top_up).state, books(alice)) == ("paid", (20 * USD, 1, 1))
        assert ProviderEvent.objects.filter(state=EventState.DONE).count() == len(STORY)

    def test_of_messages_at_alipay_changes_nothing(self, alipay: StandIn):
        alice = cast.player("Alice")
        for number, order in enumerate(itertools.permutations([PaymentState.WAITING, PaymentState.PAID])):
            top_up = begin_with_alipay(alice, str(number))
            for state in order:
                alipay.pay(top_up.object_id, state=state)
                deliver(alipay, *alipay.message(object_id=top_up.object_id))
            assert again(top_up).state == "paid"
        assert books(alice)[1:] == (2, 2)
