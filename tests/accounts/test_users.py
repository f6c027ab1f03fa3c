import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


class TestEmail:
    def test_is_stored_in_lower_case(self):
        user = User.objects.create_user("  Alice@Example.COM ")

        assert user.email == "alice@example.com"
        assert User.objects.get().email == "alice@example.com"

    def test_is_found_in_any_case(self, alice):
        assert User.objects.get(email="ALICE@example.com") == alice
        assert User.objects.get_by_natural_key("Alice@Example.com") == alice

    def test_is_unique_in_any_case(self, alice):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user("ALICE@EXAMPLE.COM")
        with pytest.raises(ValidationError, match="exists"):
            User(email="ALICE@example.com", password="!").full_clean()

    def test_is_lower_case_even_in_raw_sql(self, alice):
        with pytest.raises(IntegrityError, match="lower_case"), connection.cursor() as cursor:
            cursor.execute("update app_user set email = 'Alice@example.com'")


class TestSignIn:
    def test_works_with_the_email_in_any_case(self):
        user = User.objects.create_user("alice@example.com", "correct horse battery")

        assert authenticate(username="Alice@Example.com", password="correct horse battery") == user
        assert authenticate(username="alice@example.com", password="wrong") is None

    def test_is_refused_without_a_password(self, alice):
        assert not alice.has_usable_password()
        assert authenticate(username=alice.email, password="") is None

    def test_is_refused_when_inactive(self):
        User.objects.create_user("alice@example.com", "correct horse battery", is_active=False)

        assert authenticate(username="alice@example.com", password="correct horse battery") is None


class TestCreatesuperuser:
    def test_makes_an_operator(self, monkeypatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

        call_command("createsuperuser", email="Root@Example.com", interactive=False, verbosity=0)

        root = User.objects.get()
        assert (root.email, root.is_staff, root.is_superuser) == ("root@example.com", True, True)
