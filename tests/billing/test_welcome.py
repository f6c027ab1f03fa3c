"""The welcome: once for each person, only with a verified address, and only to who owns the customer."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.errors import NotFound as UnknownUser
from accounts.models import OperatorAction, User
from accounts.services import customers as accounts
from billing.errors import NotFound, Refused
from billing.models import CreditLot, WelcomeGrant
from billing.services import customers, wallets, welcome
from billing.services.welcome import NotVerified, person_of
from tests import cast, operators
from tests.cast import USD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _welcome(settings: Settings) -> None:
    settings.WELCOME_CREDIT_NANOS = 2 * USD
    settings.WELCOME_CREDIT_EXPIRES_DAYS = 30


def sign_up(email: str) -> cast.Player:
    new = customers.sign_up(email=email, name="Somebody", now=timezone.now())
    return cast.Player(new.customer, new.first_key.secret, new.first_key.key.id)


def verify(email: str) -> bool:
    return customers.verify_email(email=email, now=timezone.now()).welcomed is not None


class TestGrant:
    def test_gives_promotional_credit_that_lapses(self):
        alice, now = cast.player("Alice"), timezone.now()
        verified = customers.verify_email(email="Alice@Example.com", now=now)

        assert (verified.is_new, verified.welcomed) == (True, alice.customer)
        lot = CreditLot.objects.get()
        assert (lot.kind, lot.amount_nanos) == ("promotional", 2 * USD)
        assert lot.expires_at == now + timedelta(days=30)
        given = WelcomeGrant.objects.get()
        assert (given.customer_id, given.user.email) == (alice.id, "alice@example.com")
        assert b"alice" not in bytes(given.person)

    def test_gives_once(self):
        alice = cast.player("Alice")
        assert [verify("alice@example.com") for _ in range(3)] == [True, False, False]
        assert alice.wallet().balance_nanos == 2 * USD

    def test_gives_once_to_one_mailbox_under_many_addresses(self):
        given = []
        for address in ("j.doe@gmail.com", "jdoe+2@gmail.com", "j.d.o.e@googlemail.com"):
            sign_up(address)
            given.append(verify(address))
        assert given == [True, False, False]
        assert WelcomeGrant.objects.count() == CreditLot.objects.count() == 1

    def test_gives_once_to_a_user_with_another_address_and_another_customer(self):
        alice = cast.player("Alice")
        assert verify("alice@example.com")
        user = User.objects.get()
        user.email = "someone.else@example.org"
        user.save()
        second = accounts.open_account(owner=user, name="Second", now=timezone.now())
        wallets.open_wallet(customer_id=second.id, now=timezone.now())
        assert not welcome.grant(customer_id=second.id, user_id=user.id, now=timezone.now())
        assert not welcome.grant(customer_id=alice.id, user_id=user.id, now=timezone.now())

    def test_needs_a_verified_address(self):
        alice = cast.player("Alice")
        with pytest.raises(NotVerified):
            welcome.grant(customer_id=alice.id, user_id=User.objects.get().id, now=timezone.now())
        assert not WelcomeGrant.objects.exists()

    def test_gives_nothing_to_who_is_no_owner(self):
        alice = cast.player("Alice")
        cast.player("Charlie")
        charlie = User.objects.get(email="charlie@example.com")
        accounts.verify_email(email=charlie.email, now=timezone.now())
        with pytest.raises(NotFound):
            welcome.grant(customer_id=alice.id, user_id=charlie.id, now=timezone.now())

    def test_gives_nothing_to_who_is_frozen(self):
        alice = cast.player("Alice")
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        assert not verify("alice@example.com")
        with pytest.raises(Refused):
            welcome.grant(customer_id=alice.id, user_id=User.objects.get().id, now=timezone.now())

    def test_gives_nothing_where_there_is_none(self, settings: Settings):
        settings.WELCOME_CREDIT_NANOS = 0
        cast.player("Alice")
        assert not verify("alice@example.com")
        assert not WelcomeGrant.objects.exists()

    def test_never_lapses_where_that_is_set(self, settings: Settings):
        settings.WELCOME_CREDIT_EXPIRES_DAYS = 0
        cast.player("Alice")
        verify("alice@example.com")
        assert CreditLot.objects.get().expires_at is None


class TestPersonOf:
    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("a@example.com", "A@Example.COM", True),
            ("a@example.com", "a+tag@example.com", True),
            ("a@example.com", "a+b+c@example.com", True),
            ("a.b@example.com", "ab@example.com", False),
            ("a.b@gmail.com", "ab@googlemail.com", True),
            ("a.b+x@gmail.com", "ab@gmail.com", True),
            ("a@gmail.com", "a@gmail.com.example", False),
            ("+a@example.com", "+b@example.com", False),
            ("a@example.com", "a@example.org", False),
        ],
    )
    def test_knows_one_mailbox(self, one: str, other: str, same: bool):
        assert (person_of(one) == person_of(other)) is same


class TestCommand:
    def test_verifies_and_is_recorded_once(self):
        cast.player("Alice")
        for told in ("is verified; Alice was given the welcome.", "was verified before."):
            out = StringIO()
            call_command("verify_email", "ALICE@example.com", reason="by phone", stdout=out)
            assert out.getvalue() == f"alice@example.com {told}\n"
        assert OperatorAction.objects.get().action == "verify_email"
        assert User.objects.get().email_verified_at is not None

    def test_refuses_an_address_that_nobody_has(self):
        with pytest.raises(CommandError, match="No user"):
            call_command("verify_email", "nobody@example.com", reason="by phone")
        with pytest.raises(UnknownUser):
            accounts.verify_email(email="nobody@example.com", now=timezone.now())


class TestNewAddress:
    def test_is_not_verified(self):
        cast.player("Alice")
        verify("alice@example.com")
        user = User.objects.get()
        form = {"email": "alice@example.org", "name": "Alice", "is_active": "on"}
        answer = operators.root().post(f"/admin/accounts/user/{user.pk}/change/", form)
        assert answer.status_code == 302
        user.refresh_from_db()
        assert (user.email, user.email_verified_at) == ("alice@example.org", None)
