"""Opening a wallet."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import customers
from billing.models import Wallet
from billing.services import wallets
from tests import cast

pytestmark = pytest.mark.django_db


class TestOpenWallet:
    def test_starts_empty_and_cut_off(self):
        now = timezone.now()
        customer = customers.sign_up(email="dora@example.com", name="Dora", now=now).customer

        wallets.open_wallet(customer_id=customer.id, now=now)

        wallet = Wallet.objects.get()
        assert (wallet.currency, wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (
            "USD",
            0,
            0,
            0,
        )
        assert (wallet.last_seq, wallet.state_version) == (0, 1)
        assert (wallet.cut_off_at, wallet.opened_at) == (now, now)

    def test_happens_once_for_each_customer(self):
        dora = cast.player("Dora")
        with pytest.raises(IntegrityError), transaction.atomic():
            wallets.open_wallet(customer_id=dora.id, now=timezone.now())
