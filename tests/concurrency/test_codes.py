"""Many who redeem one code at once: it gives as often as it says."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import timezone

from billing.models import CreditLot, Redemption, RedemptionCode
from billing.services import codes, redemptions
from billing.services.codes import CodeTerms
from billing.services.redemptions import CodeRefused
from tests import cast
from tests.cast import USD
from tests.concurrency.crew import Crew

Hire = Callable[[int], Crew]
THREADS = 30


def issued(**terms: Any) -> str:
    return codes.issue(CodeTerms(USD, "a fair", **terms), count=1, now=timezone.now())[0].text


def redeem(code: str, who: cast.Player) -> bool:
    try:
        redemptions.redeem(customer_id=who.id, typed=code, now=timezone.now())
    except CodeRefused:
        return False
    return True


class TestOneCode:
    def test_of_fifty_customers_gives_to_as_many_as_it_says(self, crew: Hire):
        players = [cast.player(f"Customer-{n}") for n in range(50)]
        threads = crew(THREADS)
        for most in (1, 7, 49):
            code = issued(most_uses=most)
            assert sum(threads.share(players, partial(redeem, code))) == most
        assert [code.uses for code in RedemptionCode.objects.order_by("created_at")] == [1, 7, 49]
        assert Redemption.objects.count() == CreditLot.objects.count() == 57

    def test_of_one_customer_gives_as_often_as_it_may(self, crew: Hire):
        alice = cast.player("Alice")
        code = issued(most_uses=50, most_uses_per_customer=3)
        assert sum(crew(16).share([alice] * 50, partial(redeem, code))) == 3
        assert alice.wallet().balance_nanos == 3 * USD
        assert sorted(Redemption.objects.values_list("number", flat=True)) == [1, 2, 3]
