"""Parts of a top-up that go back, of any size and with any failures, add up to its credit to the nano."""

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.models import TopUp
from billing.services.purchases import Purchase, debit_of
from billing.services.refunds.refundable import Refundable
from billing.services.top_ups.offers import convert

RATES = st.integers(1, 20_000_000)
AMOUNTS = st.integers(1, 100_000_000)


def top_up_of(amount_minor: int, rate: int | None) -> TopUp:
    currency = "USD" if rate is None else "CNY"
    credit = convert(amount_minor, currency, rate)
    return TopUp(
        state="paid", currency=currency, amount_minor=amount_minor, credit_nanos=credit, refunded_minor=0
    )


class TestDebits:
    @given(AMOUNTS, st.one_of(st.none(), RATES), st.lists(st.integers(1, 100_000_000), max_size=8), st.data())
    @settings(max_examples=300)
    def test_add_up_to_the_credit(self, amount: int, rate: int | None, parts: list[int], data: st.DataObject):
        """Refunds of any part; some fail and give back what they took; the last one takes the rest."""
        top_up = top_up_of(amount, rate)
        made: list[tuple[int, int]] = []
        for wanted in [*parts, amount]:
            one_fails = data.draw(st.booleans())
            if made and one_fails:
                minor, _ = made.pop(data.draw(st.integers(0, len(made) - 1)))
                top_up.refunded_minor -= minor
            part = min(wanted, amount - top_up.refunded_minor)
            if part:
                debit = debit_of(top_up, part, refunded_nanos=sum(nanos for _, nanos in made))
                exact = top_up.credit_nanos * part / amount
                assert abs(debit - exact) <= 9 + exact * 1e-12
                made.append((part, debit))
                top_up.refunded_minor += part
        rest = amount - top_up.refunded_minor
        taken = sum(nanos for _, nanos in made)
        if rest:
            taken += debit_of(top_up, rest, refunded_nanos=taken)
        assert taken == top_up.credit_nanos


PURCHASES = st.builds(Purchase, *[st.integers(0, 10**12)] * 3)


class TestRefundable:
    @given(AMOUNTS, st.one_of(st.none(), RATES), PURCHASES, st.integers(0, 2 * 10**12))
    @settings(max_examples=300)
    def test_is_the_most_that_lot_and_wallet_cover(
        self, amount: int, rate: int | None, purchase: Purchase, available: int
    ):
        can = Refundable(top_up_of(amount, rate), "", amount, 0, purchase, available)
        most = can.most_minor

        def is_covered(minor: int) -> bool:
            debit = can.debit_of(minor)
            return debit <= purchase.returnable and debit + purchase.lapsing(debit) <= available

        assert 0 <= most <= amount
        assert most == 0 or is_covered(most)
        assert most == amount or not is_covered(most + 1)

    @given(PURCHASES, st.integers(0, 10**12))
    def test_lets_no_more_bonus_lapse_than_there_is(self, purchase: Purchase, debit: int):
        lapsing = purchase.lapsing(debit)
        assert 0 <= lapsing <= purchase.unspent_bonus
        assert debit < purchase.returnable or lapsing == purchase.unspent_bonus
