"""Answers of the provider in every order, each perhaps twice: the end is that of the true order.

An answer is what the provider showed at some moment; whoever asked first may post last.
"""

import itertools
import random
from dataclasses import replace
from typing import Any, Final

import pytest
from django.db import transaction

from accounts.models import Customer
from billing.models import CreditLot, Dispute, LotKind, Refund
from billing.payments.protocol import DisputeSeen, MoneyMoved, RefundSeen, RefundState
from tests import cast
from tests.billing.refunds.purchases import bought, spend
from tests.billing.top_ups.purchases import again, bonus, look
from tests.cast import OUTPUT_TOKEN, USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db

TAKEN, BACK = MoneyMoved("txn_1", -2000, 1500, "USD"), MoneyMoved("txn_2", 2000, 0, "USD")
INQUIRY = DisputeSeen("du_1", "warning_needs_response", "fraudulent", 2000, "USD")
OPENED = replace(INQUIRY, status="needs_response")
WITHDRAWN = replace(OPENED, moved=(TAKEN,))
RETURNED = replace(OPENED, moved=(TAKEN, BACK))


def refund_of(number: int, minor: int, state: RefundState) -> RefundSeen:
    return RefundSeen(f"re_{number}", None, minor, "USD", state)


def refunds(*states: tuple[int, RefundState]) -> dict[str, Any]:
    return {"refunds": tuple(refund_of(number, *each) for number, each in enumerate(states))}


PENDING, MADE, FAILED = RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED
# What the provider shows, one moment after the other.
HISTORIES: Final[dict[str, list[dict[str, Any]]]] = {
    "a dispute is won": [
        {"disputes": (INQUIRY,)},
        {"disputes": (WITHDRAWN,)},
        {"disputes": (RETURNED,)},
        {"disputes": (replace(RETURNED, status="won"),)},
    ],
    "a dispute is lost, and closed before its money moves": [
        {"disputes": (OPENED,)},
        {"disputes": (replace(OPENED, status="lost"),)},
        {"disputes": (replace(WITHDRAWN, status="lost"),)},
    ],
    "a warning comes, then the dispute": [
        {"fraud_warning": "issfr_1", "disputes": ()},
        {"fraud_warning": "issfr_1", "disputes": (WITHDRAWN,)},
        {"fraud_warning": "issfr_1", "disputes": (replace(RETURNED, status="won"),)},
    ],
    "refunds are made and fail": [
        refunds((500, PENDING)),
        refunds((500, MADE), (1500, PENDING)),
        refunds((500, MADE), (1500, FAILED)),
        refunds((500, MADE), (1500, FAILED), (700, MADE)),
    ],
    "a refund fails under a dispute": [
        refunds((500, PENDING)),
        {**refunds((500, PENDING)), "disputes": (WITHDRAWN,)},
        {**refunds((500, FAILED)), "disputes": (WITHDRAWN,)},
        {**refunds((500, FAILED)), "disputes": (replace(RETURNED, status="won"),)},
    ],
}


def credit_left(who: cast.Player, kind: LotKind) -> int:
    """Which lot it lies in tells the order: what was debt meanwhile comes back as a lot of its own."""
    lots = CreditLot.objects.filter(customer_id=who.id, kind=kind)
    return sum(lots.values_list("remaining_nanos", flat=True))


def end_of(who: cast.Player, top_up: Any) -> dict[str, Any]:
    wallet, stored = who.wallet(), again(top_up)
    return {
        "wallet": (wallet.balance_nanos, wallet.debt_nanos, wallet.cut_off_at is None),
        "lots": [credit_left(who, kind) for kind in LotKind],
        "top_up": (stored.refunded_minor, stored.disputed_minor, stored.fraud_warning),
        "refunds": sorted(Refund.objects.values_list("provider_refund_id", "state", "debit_nanos")),
        "disputes": sorted(Dispute.objects.values_list("provider_dispute_id", "status", "taken_minor")),
        "customer": Customer.objects.get(id=who.id).state,
    }


class TestAnswers:
    @pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
    def test_in_any_order_end_as_in_the_true_one(self, stripe: StandIn, history: list[dict[str, Any]]):
        cast.model()
        alice = cast.player("Alice", 3 * USD)
        if "refunds" not in history[0] or "disputes" not in history[-1]:
            bonus((10 * USD, 100_000))
        top_up = bought(alice, stripe)
        spend(alice, 10**6 * OUTPUT_TOKEN)

        def told(order: tuple[int, ...]) -> dict[str, Any]:
            with transaction.atomic():
                for moment in order:
                    stripe.show(top_up.object_id, **history[moment])
                    look(top_up)
                end = end_of(alice, top_up)
                transaction.set_rollback(True)
            return end

        moments = range(len(history))
        expected = told(tuple(moments))
        dice = random.Random(7)
        for order in itertools.permutations(moments):
            twice = dice.choice(order)
            at = dice.randrange(len(order) + 1)
            assert told((*order[:at], twice, *order[at:])) == expected, order
