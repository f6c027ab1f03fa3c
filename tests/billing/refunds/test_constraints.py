"""What the database itself refuses about refunds and disputes, whoever asks."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from uuid_utils.compat import uuid7

from billing.models import Dispute, Refund
from billing.payments.protocol import DisputeSeen, MoneyMoved, RefundState
from tests import cast
from tests.billing.refunds.purchases import bought, found, refund
from tests.billing.top_ups.purchases import look
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db
SET_STATE = "update refund set (state, ended_at, next_check_at)"


@pytest.fixture
def _money_back(stripe: StandIn) -> None:
    """A refund that was made, one that failed, one that waits, and a dispute."""
    top_up = bought(cast.player("Alice"), stripe)
    refund(top_up, 100)
    found(top_up, stripe, 200, state=RefundState.FAILED)
    found(top_up, stripe, 300, state=RefundState.PENDING)
    dispute = DisputeSeen("du_1", "lost", "fraudulent", 500, "USD", (MoneyMoved("txn_1", -500, 1500, "USD"),))
    stripe.show(top_up.object_id, disputes=(dispute,))
    look(top_up)


@pytest.mark.usefixtures("_money_back")
class TestDatabase:
    @pytest.mark.parametrize(
        "change",
        [
            "update refund set amount_minor = amount_minor + 1",
            "update refund set debit_nanos = debit_nanos - 1",
            "update refund set bonus_nanos = 7",
            "update refund set top_up_id = %(id)s",
            "update refund set ledger_transaction_id = %(id)s",
            "update refund set state = 'succeeded', reversal_id = null where state = 'failed'",
            f"{SET_STATE} = ('failed', now(), null) where amount_minor = 300",
            f"{SET_STATE} = ('pending', null, now()) where amount_minor = 100",
            "update refund set state = 'unknown'",
            "update refund set reason = ''",
            "update refund set provider_refund_id = 're_other' where state = 'succeeded'",
            "update refund set next_check_at = null where state = 'pending'",
            "update refund set next_check_at = now() where state = 'succeeded'",
            "delete from refund",
            "truncate refund cascade",
            "update dispute set provider_dispute_id = 'du_2'",
            "update dispute set top_up_id = %(id)s",
            "update dispute set taken_minor = -1",
            "delete from dispute",
            "truncate dispute cascade",
            "update top_up set refunded_minor = amount_minor + 1",
            "update top_up set disputed_minor = -1",
            "delete from payment_reference where kind = 'refund'",
        ],
    )
    def test_refuses(self, change: str):
        with (
            pytest.raises(DatabaseError, check=_is_refusal),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change, {"id": uuid7()})

    def test_keeps_one_row_for_a_refund_of_the_provider(self):
        row = Refund.objects.get(state="succeeded")
        row.id = uuid7()
        with pytest.raises(IntegrityError, match="refund_provider_id_once"), transaction.atomic():
            row.save(force_insert=True)

    def test_keeps_one_row_for_a_dispute(self):
        row = Dispute.objects.get()
        row.id = uuid7()
        with pytest.raises(IntegrityError, match="dispute_once"), transaction.atomic():
            row.save(force_insert=True)


def _is_refusal(error: DatabaseError) -> bool:
    """A constraint, a trigger or a missing privilege; not a mistake in the statement."""
    state = getattr(error.__cause__, "sqlstate", "")
    return state.startswith("23") or state == "42501"
