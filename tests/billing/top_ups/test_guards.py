"""What the database itself refuses: other terms, a second credit, a payment of two top-ups, lost history."""

from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError, ProgrammingError
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import PaymentAlert, TopUp
from billing.services import payment_alerts
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, look
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(stripe: StandIn) -> TopUp:
    top_up = begin(cast.player("Alice"))
    stripe.pay(top_up.object_id)
    look(top_up)
    return again(top_up)


def attack(statement: str, *values: str | UUID | None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


TERMS = [
    "amount_minor = 1",
    "credit_nanos = credit_nanos + 1",
    "bonus_nanos = 1",
    "currency = 'CNY'",
    "provider = 'alipay'",
    "method = 'saved_card'",
    "cause = 'auto'",
    "cny_per_usd_micros = 1",
    "idempotency_key = 'other'",
    "created_at = now()",
]
PAST = [
    "state = 'open'",
    "state = 'failed'",
    "paid_at = null",
    "ledger_transaction_id = null",
    "lot_id = null",
]


class TestTopUp:
    @pytest.mark.parametrize("change", [*TERMS, *PAST])
    def test_keeps_its_terms_and_stays_paid(self, paid: TopUp, change: str):
        with pytest.raises(IntegrityError):
            attack(f"update top_up set {change}")
        assert again(paid) == paid

    def test_is_paid_with_credit_only(self, stripe: StandIn):
        begin(cast.player("Alice"))
        with pytest.raises(IntegrityError, match="top_up_paid_is_credited"):
            attack("update top_up set state = 'paid', paid_at = now()")

    def test_is_paid_with_its_own_credit_only(self, stripe: StandIn, paid: TopUp):
        charlies = begin(cast.player("Charlie"))
        with pytest.raises(IntegrityError):
            attack(
                "update top_up set state = 'paid', paid_at = now(), ledger_transaction_id = %s, lot_id = %s"
                " where id = %s",
                paid.ledger_transaction_id,
                paid.lot_id,
                charlies.id,
            )

    @pytest.mark.parametrize(
        "change", ["refunded_minor = 2001", "refunded_minor = -1", "disputed_minor = -1"]
    )
    def test_gives_no_more_back_than_was_paid(self, paid: TopUp, change: str):
        with pytest.raises(IntegrityError):
            attack(f"update top_up set {change}")

    @pytest.mark.parametrize(
        "change",
        [{"cny_per_usd_micros": None}, {"currency": "USD"}, {"amount_minor": 0}, {"credit_nanos": 0}],
    )
    def test_of_alipay_has_a_rate_and_yuan(self, alipay: StandIn, change: dict[str, object]):
        top_up = begin_with_alipay(cast.player("Alice"))
        fields = TopUp._meta.concrete_fields
        same = {field.attname: getattr(top_up, field.attname) for field in fields}
        with pytest.raises(IntegrityError, match="violates check constraint"), transaction.atomic():
            TopUp.objects.create(**(same | {"id": uuid7(), "idempotency_key": "2"} | change))


class TestHistory:
    @pytest.mark.parametrize("table", ["top_up", "payment_reference", "provider_event", "payment_alert"])
    @pytest.mark.parametrize("verb", ["delete from", "truncate"])
    def test_is_not_deleted(self, paid: TopUp, table: str, verb: str):
        payment_alerts.record(top_up=paid, code="x", detail="y", now=timezone.now())
        with pytest.raises(ProgrammingError, match="permission denied"):
            attack(f"{verb} {table}")

    @pytest.mark.parametrize("change", ["reference = 'x'", "top_up_id = customer_id", "kind = 'refund'"])
    def test_of_names_is_not_rewritten(self, paid: TopUp, change: str):
        with pytest.raises(DatabaseError):
            attack(f"update payment_reference set {change}")

    def test_of_names_belongs_to_one_top_up(self, stripe: StandIn, paid: TopUp):
        charlie = cast.player("Charlie")
        other = begin(charlie)
        with pytest.raises(IntegrityError, match="payment_reference_pkey"):
            attack(
                "insert into payment_reference values ('stripe', 'payment', %s, %s, %s)",
                paid.payment_id,
                charlie.id,
                other.id,
            )

    @pytest.mark.parametrize("change", ["code = 'z'", "detail = ''", "resolved_at = now()", "top_up_id = id"])
    def test_of_alerts_is_not_rewritten(self, paid: TopUp, change: str):
        payment_alerts.record(top_up=paid, code="x", detail="y", now=timezone.now())
        with pytest.raises(IntegrityError):
            attack(f"update payment_alert set {change}")
        assert PaymentAlert.objects.get().code == "x"
