"""The terms of a top-up are those of the moment at which it began, however long the payment takes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import CreditLot
from tests import cast
from tests.billing.top_ups.conftest import _stand_ins, alipay, stripe  # noqa: F401
from tests.billing.top_ups.purchases import again, begin_with_alipay, bonus, look, rate
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


class TestTerms:
    @pytest.mark.parametrize("micros", [3_600_000, 14_400_000])
    def test_keep_the_rate_whatever_comes_after(self, alipay: StandIn, micros: int):  # noqa: F811
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        rate(micros, at=timezone.now())
        alipay.pay(top_up.object_id)

        look(top_up, now=timezone.now() + timedelta(hours=1))

        assert alice.wallet().balance_nanos == again(top_up).credit_nanos == 100 * USD * 10**6 // 7_200_000

    def test_keep_how_long_the_bonus_lasts(self, alipay: StandIn):  # noqa: F811
        alice = cast.player("Alice")
        bonus((USD, 100_000), days=30, at=timezone.now() - timedelta(hours=1))
        top_up = begin_with_alipay(alice)
        bonus((USD, 200_000), days=60, at=timezone.now())
        alipay.pay(top_up.object_id)
        now = timezone.now()

        look(top_up, now=now)

        lot = CreditLot.objects.get(kind="promotional")
        assert (lot.amount_nanos, lot.expires_at) == (1_388_888_888, now + timedelta(days=30))
