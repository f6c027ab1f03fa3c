import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection

from accounts.errors import CustomerClosed, EmailTaken, NotFound, Unacceptable
from accounts.models import Customer, Membership, User
from accounts.services import customers
from tests.accounts.conftest import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


class TestSignUp:
    def test_makes_the_user_an_owner(self):
        signed_up = customers.sign_up(
            email="Dora@Example.com", name=" Dora's ", now=NOW, password="correct horse battery"
        )

        assert signed_up.user.email == "dora@example.com"
        assert signed_up.user.check_password("correct horse battery")
        assert (signed_up.customer.name, signed_up.customer.state) == ("Dora's", "active")
        assert Membership.objects.get(customer=signed_up.customer, user=signed_up.user).role == "owner"

    def test_refuses_an_email_in_use_in_any_case_and_leaves_nothing(self, alice):
        with pytest.raises(EmailTaken):
            customers.sign_up(email="ALICE@example.com", name="Second", now=NOW)

        assert Customer.objects.count() == 1

    def test_leaves_no_user_behind_when_the_name_is_refused(self):
        with pytest.raises(Unacceptable):
            customers.sign_up(email="dora@example.com", name="", now=NOW)

        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "dora",
            "dora@",
            "do\x00ra@example.com",
            "dora@example.com\nbcc: x@example.com",
            "d" * 250 + "@example.com",
        ],
    )
    def test_refuses_what_is_no_email(self, email):
        with pytest.raises(Unacceptable) as refusal:
            customers.sign_up(email=email, name="Dora's", now=NOW)

        assert (refusal.value.code, refusal.value.field) == ("invalid", "email")

    @pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "\ud800", "n" * 151])
    def test_refuses_a_name_that_cannot_be_stored_or_read(self, name):
        with pytest.raises(Unacceptable) as refusal:
            customers.sign_up(email="dora@example.com", name=name, now=NOW)

        assert refusal.value.field == "name"


class TestState:
    def test_freezes_and_unfreezes_with_reason_and_time(self, alices):
        frozen = customers.freeze(customer_id=alices.id, reason="fraud warning", now=LATER)
        assert (frozen.state, frozen.state_reason, frozen.state_changed_at) == (
            "frozen",
            "fraud warning",
            LATER,
        )

        customers.unfreeze(customer_id=alices.id, reason="checked", now=LATER)
        alices.refresh_from_db()
        assert (alices.state, alices.state_reason) == ("active", "checked")

    def test_keeps_the_first_reason_when_frozen_twice(self, alices):
        customers.freeze(customer_id=alices.id, reason="fraud warning", now=NOW)
        again = customers.freeze(customer_id=alices.id, reason="dispute", now=LATER)

        assert (again.state_reason, again.state_changed_at) == ("fraud warning", NOW)

    def test_closes_from_active_and_from_frozen_for_good(self, alices, charlies):
        customers.freeze(customer_id=charlies.id, reason="dispute", now=NOW)

        for customer in (alices, charlies):
            customers.close(customer_id=customer.id, reason="asked to", now=NOW)
            assert (
                customers.close(customer_id=customer.id, reason="again", now=LATER).state_reason == "asked to"
            )
            with pytest.raises(CustomerClosed):
                customers.unfreeze(customer_id=customer.id, reason="regret", now=LATER)
            with pytest.raises(CustomerClosed):
                customers.freeze(customer_id=customer.id, reason="dispute", now=LATER)

    def test_needs_a_reason(self, alices):
        with pytest.raises(Unacceptable):
            customers.freeze(customer_id=alices.id, reason=" ", now=NOW)

    def test_refuses_an_unknown_customer(self, db):
        with pytest.raises(NotFound):
            customers.freeze(customer_id=uuid.uuid4(), reason="fraud", now=NOW)

    def test_touches_nobody_else(self, alices, charlies):
        customers.freeze(customer_id=alices.id, reason="fraud warning", now=NOW)

        charlies.refresh_from_db()
        assert charlies.state == "active"


class TestConstraints:
    @pytest.mark.parametrize(
        "change",
        [
            "state = 'asleep'",
            "state = 'frozen', state_reason = ''",
            "state = 'closed', state_reason = ''",
            "name = ''",
        ],
    )
    def test_refuse_impossible_rows(self, alices, change):
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(f"update customer set {change}")

    def test_keep_a_closed_customer_closed(self, alices):
        customers.close(customer_id=alices.id, reason="asked to", now=NOW)

        with pytest.raises(DatabaseError, match="stays closed"), connection.cursor() as cursor:
            cursor.execute("update customer set state = 'active'")
