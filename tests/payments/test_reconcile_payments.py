"""Reconciling a day with the providers' own books, over HTTP with their stand-ins."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.errors import Unacceptable
from billing.models import LedgerTransaction, PaymentDiscrepancy, PaymentReconciliation
from billing.payments.names import ProviderName
from billing.services.payment_reconciliation import clearing, discrepancies, run
from billing.services.payment_reconciliation.house import HOUSE_ID
from tests import cast, operators
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, books, look
from tests.cast import USD
from tests.concurrency.crew import Crew
from tests.payments.days import (
    TOMORROW,
    buy_with_alipay,
    buy_with_stripe,
    charge_of,
    found,
    invent,
    reconciled,
)
from tests.sandbox_servers import Control

STRIPE, ALIPAY = ProviderName.STRIPE, ProviderName.ALIPAY


@pytest.fixture(autouse=True)
def _model(committed_db: None) -> None:
    cast.model()


class TestStripe:
    def test_finds_nothing_on_a_day_that_agrees(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = buy_with_stripe(stripe_connected, alice, "one")
        stripe_connected.act("refund", payment_intent=top_up.payment_id, amount=500)
        stripe_connected.act("payout")

        done = reconciled(STRIPE)

        assert (found(done), done.lines) == (set(), 3)
        # What was refunded there and not told us was asked for.
        assert again(top_up).refunded_minor == 500

    def test_posts_fees_and_payouts_once(self, stripe_connected: Control):
        buy_with_stripe(stripe_connected, cast.player("Alice"), "one")
        stripe_connected.act("line_add", amount=-250, type="stripe_fee", category="fee")

        first, again_ = reconciled(STRIPE), reconciled(STRIPE)

        assert (first.posted, again_.posted) == (2, 0)
        assert LedgerTransaction.objects.filter(customer_id=HOUSE_ID, kind="payment_fee").count() == 2

    def test_posts_nothing_in_a_currency_that_no_account_counts_in(self, stripe_connected: Control):
        stripe_connected.act("line_add", amount=-250, type="stripe_fee", category="fee", currency="eur")

        done = reconciled(STRIPE)

        assert (done.posted, found(done)) == (0, {("missing_here", "fee", None, -250)})

    def test_lists_exactly_ten_planted_differences(self, stripe_connected: Control):
        alice = cast.player("Alice")
        tops = [buy_with_stripe(stripe_connected, alice, f"key-{n}") for n in range(8)]
        charges = [charge_of(stripe_connected, top_up) for top_up in tops]
        for charge, amount in zip(charges[:3], (1999, 2001, 200_000), strict=True):
            stripe_connected.act("line_alter", source=charge, amount=amount)
        stripe_connected.act("line_alter", source=charges[3], currency="eur")
        stripe_connected.act("line_drop", source=charges[4])
        stripe_connected.act("line_drop", source=charges[5])
        invent(begin(alice, "invented"))
        for amount in (700, 800):
            stripe_connected.act("line_add", amount=amount)
        stripe_connected.act("line_add", amount=-300)

        done = reconciled(STRIPE)

        assert found(done) == {
            *(("differing", "payment", 2000, theirs) for theirs in (1999, 2001, 200_000, 2000)),
            ("missing_there", "payment", 2000, None),
            *(("missing_here", "payment", None, theirs) for theirs in (700, 800)),
            ("missing_here", "refund", None, -300),
        }
        assert len(done.compared.differences) == PaymentDiscrepancy.objects.count() == 10
        assert done.compared.matched == 2

    def test_credits_what_only_they_have_heard_of(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay")
        assert books(alice) == (0, 0, 0)

        assert found(reconciled(STRIPE)) == set()
        assert books(alice) == (20 * USD, 1, 1)

    @pytest.mark.parametrize("succeeds", [True, False])
    def test_knows_a_slow_payment_before_and_after(self, stripe_connected: Control, succeeds: bool):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay_later")
        look(top_up)
        assert found(reconciled(STRIPE)) == set()

        stripe_connected.act("settle", session=top_up.object_id, succeeds=succeeds)
        look(top_up)

        assert found(reconciled(STRIPE)) == set()
        assert alice.wallet().balance_nanos == (20 * USD if succeeds else 0)

    def test_takes_a_dispute_with_its_fee(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = buy_with_stripe(stripe_connected, alice, "one")
        dispute = stripe_connected.act("dispute", payment_intent=top_up.payment_id)
        stripe_connected.act("withdraw", dispute=dispute["id"])

        assert found(reconciled(STRIPE)) == set()
        assert alice.wallet().balance_nanos == 0

    def test_posts_once_in_two_runs_at_once(self, stripe_connected: Control):
        buy_with_stripe(stripe_connected, cast.player("Alice"), "one")
        stripe_connected.act("payout")

        crew = Crew(4)
        posted = crew.together(lambda _: reconciled(STRIPE).posted)
        crew.go_home()

        assert sorted(posted) == [0, 0, 0, 2]


class TestAlipay:
    def test_lists_exactly_ten_planted_differences(self, alipay_connected: Control):
        alice = cast.player("Alice")
        tops = [buy_with_alipay(alipay_connected, alice, f"key-{n}") for n in range(7)]
        for top_up, amount in zip(tops[:3], ("99.99", "100.01", "1000.00"), strict=True):
            alipay_connected.act("bill_alter", out_trade_no=top_up.reference, amount=amount)
        for top_up in tops[3:6]:
            alipay_connected.act("bill_drop", out_trade_no=top_up.reference)
        invent(begin_with_alipay(alice, "invented"))
        shown = alipay_connected.objects("trade")[0]
        for number, amount in enumerate(("7.00", "8.00", "-3.00")):
            alipay_connected.act(
                "bill_add",
                out_trade_no=f"nobodys{number}",
                amount=amount,
                at=shown["paid_at"],
                out_request_no="r1" if amount.startswith("-") else "",
            )
        alipay_connected.advance(TOMORROW.total_seconds())

        done = reconciled(ALIPAY)

        assert found(done) == {
            *(("differing", "payment", 10_000, theirs) for theirs in (9_999, 10_001, 100_000)),
            ("missing_there", "payment", 10_000, None),
            *(("missing_here", "payment", None, theirs) for theirs in (700, 800)),
            ("missing_here", "refund", None, -300),
        }
        assert len(done.compared.differences) == PaymentDiscrepancy.objects.count() == 10
        assert done.compared.matched == 1

    def test_asks_for_a_refund_that_only_the_bill_names(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = buy_with_alipay(alipay_connected, alice, "one")
        alipay_connected.faults(drop_all=True)
        alipay_connected.act("refund", out_trade_no=top_up.reference, amount="30.00")
        alipay_connected.advance(TOMORROW.total_seconds())

        assert found(reconciled(ALIPAY)) == set()
        assert again(top_up).refunded_minor == 3_000


class TestDiscrepancy:
    def test_goes_by_itself_when_the_line_comes(self, stripe_connected: Control):
        top_up = buy_with_stripe(stripe_connected, cast.player("Alice"), "one")
        charge = charge_of(stripe_connected, top_up)
        stripe_connected.act("line_drop", source=charge)
        assert reconciled(STRIPE).compared.count("missing_there") == 1
        invented = PaymentDiscrepancy.objects.get()
        stripe_connected.act("line_add", amount=2000, source=charge)

        assert found(reconciled(STRIPE)) == set()
        invented.refresh_from_db()
        assert invented.gone_at is not None

    def test_stays_answered_until_its_amounts_change(self, stripe_connected: Control):
        alice = cast.player("Alice")
        charge = charge_of(stripe_connected, buy_with_stripe(stripe_connected, alice, "one"))
        stripe_connected.act("line_alter", source=charge, amount=1999)
        reconciled(STRIPE)
        known = PaymentDiscrepancy.objects.get()
        admin = operators.person().pk
        discrepancies.answer(
            discrepancy_id=known.pk, reason="a rounding of theirs", author_id=admin, now=timezone.now()
        )

        reconciled(STRIPE)

        known.refresh_from_db()
        assert known.answer == "a rounding of theirs"
        with pytest.raises(discrepancies.AlreadyAnswered):
            discrepancies.answer(discrepancy_id=known.pk, reason="again", author_id=admin, now=timezone.now())


class TestUncleared:
    def test_lists_what_no_book_of_theirs_names_after_its_time(self, stripe_connected: Control):
        alice = cast.player("Alice")
        for number in range(10):
            invent(begin(alice, f"invented-{number}"))

        in_time = clearing.uncleared(STRIPE, now=timezone.now())
        late = clearing.uncleared(STRIPE, now=timezone.now() + clearing.PATIENCE[STRIPE])

        assert (len(in_time.late), len(late.late), late.amount_minor) == (0, 10, 20_000)


class TestCommand:
    def test_prints_each_difference_once(self, stripe_connected: Control):
        alice = cast.player("Alice")
        charge = charge_of(stripe_connected, buy_with_stripe(stripe_connected, alice, "one"))
        stripe_connected.act("line_alter", source=charge, amount=1)
        reconciled(STRIPE)
        run_of_today = PaymentReconciliation.objects.get()

        with pytest.raises(CommandError, match="this day is not over"):
            call_command("reconcile_payments", "--provider=stripe", f"--date={run_of_today.day_date}")

    def test_says_what_a_quiet_day_was(self, stripe_connected: Control):
        out = StringIO()
        call_command("reconcile_payments", "--provider=stripe", "--date=2026-01-01", "--json", stdout=out)

        said = json.loads(out.getvalue())
        assert (said["lines"], said["matched"], said["differences"]) == (0, 0, [])

    def test_refuses_a_provider_without_keys(self):
        with pytest.raises(CommandError, match="provider_unavailable"):
            call_command("reconcile_payments", "--provider=alipay", "--date=2026-01-01")


class TestReconcile:
    def test_refuses_a_day_that_is_not_over(self, stripe_connected: Control):
        with pytest.raises(Unacceptable):
            run.reconcile(provider="stripe", day=timezone.now().date(), now=timezone.now())
