"""Attacks on privileges: who may change people must not become more than that."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import OperatorAction, User
from tests import operators
from tests.operators import PASSWORD, recorded

pytestmark = pytest.mark.django_db
NEW = "another long password"
PASSWORDS = {"usable_password": "true", "password1": NEW, "password2": NEW, "set-password": "1"}
RIGHTS = ("accounts.change_user", "accounts.view_user", "accounts.add_user", "auth.change_group")


def user_page(user: User) -> str:
    return reverse("admin:accounts_user_change", args=(user.pk,))


def password_page(user: User) -> str:
    return reverse("admin:auth_user_password_change", args=(user.pk,))


@pytest.fixture
def manager() -> User:
    rights = (*RIGHTS, "auth.add_group", "auth.delete_group")
    return operators.person(rights, email="manager@example.com", password=PASSWORD)


@pytest.fixture
def managing(manager: User):
    return operators.signed_in(manager)


class TestStaff:
    @pytest.mark.parametrize("is_superuser", [False, True])
    def test_gets_no_password_from_who_may_change_people(self, managing, is_superuser):
        colleague = User.objects.create_user(
            "colleague@example.com", PASSWORD, is_staff=True, is_superuser=is_superuser
        )

        assert managing.post(password_page(colleague), PASSWORDS).status_code == 403
        assert managing.get(password_page(colleague)).status_code == 403
        form = {"email": "mine@example.com", "is_active": "on"}
        assert managing.post(user_page(colleague), form).status_code == 403

        colleague.refresh_from_db()
        assert (colleague.email, colleague.check_password(PASSWORD)) == ("colleague@example.com", True)
        assert recorded() == []

    def test_changes_no_fields_of_its_own(self, managing, manager):
        form = {"email": manager.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

        assert managing.post(user_page(manager), form).status_code == 403
        manager.refresh_from_db()
        assert not manager.is_superuser

    def test_changes_no_group(self, managing, manager):
        group = Group.objects.create(name="support")
        manager.groups.add(group)
        right = Permission.objects.get(codename="grant_credit")
        form = {"name": "support", "permissions": [right.pk]}

        for address in (
            reverse("admin:auth_group_change", args=(group.pk,)),
            reverse("admin:auth_group_add"),
            reverse("admin:auth_group_delete", args=(group.pk,)),
        ):
            assert managing.post(address, {**form, "post": "yes"}).status_code == 403
        assert not group.permissions.exists()

    def test_is_not_made_by_who_may_add_people(self, managing):
        form = {"email": "eve@example.com", "is_staff": "on", "is_superuser": "on", **PASSWORDS}

        assert managing.post(reverse("admin:accounts_user_add"), form).status_code == 302
        eve = User.objects.get(email="eve@example.com")
        assert (eve.is_staff, eve.is_superuser) == (False, False)


class TestPassword:
    def test_is_set_for_a_customers_user_and_recorded_without_it(self, managing, alice: User):
        assert managing.post(password_page(alice), PASSWORDS).status_code == 302

        alice.refresh_from_db()
        assert alice.check_password(NEW)
        assert recorded() == ["change_password"]
        assert NEW not in str(OperatorAction.objects.values().get())

    def test_is_changed_by_its_owner_and_recorded(self, managing, manager):
        form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

        assert managing.post(reverse("admin:password_change"), form).status_code == 302
        manager.refresh_from_db()
        assert manager.check_password(NEW)
        assert recorded() == ["change_password"]

    def test_is_not_recorded_where_it_was_refused(self, managing, manager):
        form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}

        assert managing.post(reverse("admin:password_change"), form).status_code == 200
        assert recorded() == []


class TestChange:
    def test_is_recorded_with_what_was_there_before(self, alice: User):
        root = operators.root()
        form = {"email": alice.email, "name": "Alice B.", "is_active": "on"}

        assert root.post(user_page(alice), form).status_code == 302
        row = OperatorAction.objects.get()
        assert (row.action, row.actor_name, row.object_id) == ("change", "root@example.com", str(alice.pk))
        assert {"values": {"name": ["", "Alice B."]}} in row.detail["message"]

    def test_is_not_recorded_where_nothing_changed(self, alice: User):
        form = {"email": alice.email, "name": alice.name, "is_active": "on"}

        assert operators.root().post(user_page(alice), form).status_code == 302
        assert recorded() == []

    def test_of_a_group_is_recorded(self):
        root = operators.root()
        right = Permission.objects.get(codename="grant_credit")

        root.post(reverse("admin:auth_group_add"), {"name": "support", "permissions": [right.pk]})
        group = Group.objects.get()
        root.post(reverse("admin:auth_group_delete", args=(group.pk,)), {"post": "yes"})

        assert recorded() == ["add", "delete"]
        assert not Group.objects.exists()
