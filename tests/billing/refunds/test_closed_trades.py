"""Trades that were refunded on Alipay's own pages, while refunds of ours came to nothing."""

from collections.abc import Iterator

import httpx
import pytest

from billing.models import PaymentAlert, Refund, TopUp
from billing.payments import registry
from billing.payments.alipay.provider import Alipay
from billing.payments.names import ProviderName
from tests import cast
from tests.alipay_servers import alipay, alipay_sandbox, alipay_server
from tests.billing.refunds.purchases import ask, deliver
from tests.billing.top_ups.purchases import again, begin_with_alipay, look
from tests.sandbox_servers import Control

__all__ = ["alipay", "alipay_sandbox", "alipay_server"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _client(alipay: Alipay, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry._MAKERS, ProviderName.ALIPAY, lambda: alipay)
    registry._made.cache_clear()
    yield
    registry._made.cache_clear()


def paid(alice: cast.Player, sandbox: Control, key: str = "key-1") -> TopUp:
    """¥100, paid on the stand-in's page."""
    top_up = begin_with_alipay(alice, key)
    assert httpx.get(top_up.checkout_url).status_code == 302
    sandbox.act("pay", out_trade_no=top_up.reference)
    look(top_up)
    return again(top_up)


def states() -> list[str]:
    return sorted(each.state for each in Refund.objects.all())


class TestClosedTrade:
    def test_is_debited_though_a_refund_of_ours_was_refused_for_it(self, alipay_sandbox: Control):
        alice = cast.player("Alice")
        top_up = paid(alice, alipay_sandbox)
        mine = ask(top_up, 10_000).refund
        alipay_sandbox.act("refund", out_trade_no=top_up.reference)

        assert deliver(mine).state == "failed"
        for _ in range(2):
            look(top_up)

        assert (states(), alice.wallet().balance_nanos) == (["failed", "succeeded"], 0)
        assert (again(top_up).refunded_minor, PaymentAlert.objects.count()) == (10_000, 0)

    def test_is_debited_once_though_the_refund_that_we_gave_up_came_about(self, alipay_sandbox: Control):
        alice = cast.player("Alice")
        top_up = paid(alice, alipay_sandbox)
        mine = ask(top_up, 4000).refund
        alipay_sandbox.act("payout")
        assert deliver(mine).state == "failed"
        paid(alice, alipay_sandbox, "key-2")
        alipay_sandbox.act(
            "refund", out_trade_no=top_up.reference, amount="40.00", out_request_no=mine.reference
        )

        for _ in range(2):
            look(top_up)

        assert (states(), again(top_up).refunded_minor) == (["failed", "succeeded"], 4000)
