import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey, Customer, Membership, ServiceToken, User
from accounts.services import api_keys, service_tokens
from tests.accounts.conftest import NOW

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NAMES = ("user", "customer", "apikey", "gateway", "servicetoken")


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:accounts_{name}", args=args)


def membership_rows(customer: Customer, roles: dict[str, str]) -> dict[str, str]:
    """The posted form of the members' inline; a role of "" deletes the row."""
    rows = {"memberships-TOTAL_FORMS": str(len(roles)), "memberships-INITIAL_FORMS": str(len(roles))}
    for n, (email, role) in enumerate(roles.items()):
        membership = Membership.objects.get(customer=customer, user__email=email)
        rows |= {
            f"memberships-{n}-id": str(membership.pk),
            f"memberships-{n}-customer": str(customer.pk),
            f"memberships-{n}-user": str(membership.user_id),
            f"memberships-{n}-role": role or membership.role,
        }
        if not role:
            rows[f"memberships-{n}-DELETE"] = "on"
    return rows


class TestEveryPage:
    def test_opens_and_shows_no_secret(self, operator, alice, alices):
        issued = api_keys.create(customer=alices, name="laptop", now=NOW, created_by=alice)
        token = service_tokens.issue(gateway="gateway-1", scopes=["holds"], now=NOW)
        pages = [
            page(f"{name}_changelist") for name in ("user", "customer", "apikey", "gateway", "servicetoken")
        ]
        pages += [
            page("user_add"),
            page("user_change", alice.pk),
            page("customer_change", alices.pk),
            page("apikey_change", issued.key.pk),
            page("gateway_change", token.token.gateway_id),
            page("servicetoken_change", token.token.pk),
        ]

        for address in pages:
            answer = operator.get(address)
            text = answer.content.decode()
            assert answer.status_code == 200, address
            assert bytes(issued.key.digest).hex() not in text
            assert bytes(token.token.digest).hex() not in text
            assert issued.secret not in text
            assert token.secret not in text
            assert 'name="digest"' not in text

    def test_searches(self, operator, alices):
        for name in ("user", "customer", "apikey", "gateway"):
            assert operator.get(page(f"{name}_changelist"), {"q": "alice"}).status_code == 200

    def test_is_closed_to_a_customer(self, alice):
        client = Client()
        client.force_login(alice)

        for name in NAMES:
            assert client.get(page(f"{name}_changelist")).status_code == 302


class TestSignIn:
    def test_works_by_email_in_any_case(self):
        User.objects.create_superuser("root@example.com", PASSWORD)

        answer = Client().post(
            reverse("admin:login"),
            {"username": "Root@Example.com", "password": PASSWORD, "next": page("user_changelist")},
        )

        assert (answer.status_code, answer.headers["Location"]) == (302, page("user_changelist"))


class TestUser:
    def test_is_added_with_a_lower_case_email(self, operator):
        form = {
            "email": "Dora@Example.com",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }

        assert operator.post(page("user_add"), form).status_code == 302
        assert User.objects.get(email="dora@example.com").check_password(PASSWORD)

    def test_is_not_added_twice(self, operator, alice):
        form = {"email": "ALICE@example.com", "usable_password": "false"}

        answer = operator.post(page("user_add"), form)
        assert answer.status_code == 200
        assert "exists" in answer.content.decode()

    def test_is_never_deleted(self, operator, alice):
        assert operator.post(page("user_delete", alice.pk), {"post": "yes"}).status_code == 403


class TestUserManager:
    """An operator who may change people, but is no superuser."""

    @pytest.fixture
    def manager(self) -> User:
        user = User.objects.create_user("manager@example.com", PASSWORD, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=("change_user", "add_user")))
        return user

    @pytest.fixture
    def managing(self, manager: User) -> Client:
        client = Client()
        client.force_login(manager)
        return client

    def test_changes_a_name_but_no_privilege(self, managing: Client, manager: User, alice: User):
        group = Group.objects.create(name="operators")
        permission = Permission.objects.get(codename="delete_user")
        form = {
            "email": "alice@example.com",
            "name": "Alice B.",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "groups": [group.pk],
            "user_permissions": [permission.pk],
        }

        for user, status in ((alice, 302), (manager, 403)):
            answer = managing.post(page("user_change", user.pk), {**form, "email": user.email})
            assert answer.status_code == status

        alice.refresh_from_db()
        assert (alice.name, alice.is_staff, alice.is_superuser) == ("Alice B.", False, False)
        manager.refresh_from_db()
        assert not manager.is_superuser
        for user in (alice, manager):
            assert not user.groups.exists()
            assert permission not in user.user_permissions.all()

    def test_does_not_change_a_superuser(self, managing: Client):
        root = User.objects.create_superuser("root@example.com", PASSWORD)
        form = {"email": "mine@example.com", "is_active": "on"}

        assert managing.post(page("user_change", root.pk), form).status_code == 403
        passwords = {"usable_password": "true", "password1": "x" + PASSWORD, "password2": "x" + PASSWORD}
        address = reverse("admin:auth_user_password_change", args=(root.pk,))
        assert managing.post(address, passwords).status_code == 403
        root.refresh_from_db()
        assert (root.email, root.check_password(PASSWORD)) == ("root@example.com", True)
        shown = managing.get(page("user_change", root.pk))
        assert shown.status_code == 200
        assert root.password not in shown.content.decode()

    def test_may_be_made_a_superuser_by_one(self, operator: Client, manager: User):
        form = {"email": manager.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

        assert operator.post(page("user_change", manager.pk), form).status_code == 302
        manager.refresh_from_db()
        assert manager.is_superuser


class TestCustomer:
    def test_keeps_its_state(self, operator, alices):
        form = {
            "name": "Alice & Co",
            "state": "closed",
            "state_reason": "because",
            **membership_rows(alices, {"alice@example.com": "owner"}),
        }

        assert operator.post(page("customer_change", alices.pk), form).status_code == 302
        alices.refresh_from_db()
        assert (alices.name, alices.state) == ("Alice & Co", "active")

    def test_is_neither_added_nor_deleted(self, operator, alices):
        assert operator.post(page("customer_add"), {"name": "x"}).status_code == 403
        assert operator.post(page("customer_delete", alices.pk), {"post": "yes"}).status_code == 403

    def test_changes_roles_and_removes_members(self, operator, alices, bob):
        form = {
            "name": "Alice's",
            **membership_rows(alices, {"alice@example.com": "", "bob@example.com": "owner"}),
        }

        assert operator.post(page("customer_change", alices.pk), form).status_code == 302
        assert list(alices.memberships.values_list("user", "role")) == [(bob.pk, "owner")]

    @pytest.mark.parametrize("role", ["", "admin"])
    def test_keeps_its_last_owner(self, operator, alices, bob, role):
        form = {
            "name": "Alice's",
            **membership_rows(alices, {"alice@example.com": role, "bob@example.com": "developer"}),
        }

        answer = operator.post(page("customer_change", alices.pk), form)
        assert "at least one owner" in answer.content.decode()
        assert alices.memberships.filter(role="owner").count() == 1


class TestApiKey:
    def test_changes_nothing_but_its_name(self, operator, alices):
        key = api_keys.create(customer=alices, name="laptop", now=NOW).key
        before = ApiKey.objects.values().get()
        form = {
            "name": "desktop",
            "revoked_at_0": "2026-11-23",
            "revoked_at_1": "12:00",
            "expires_at_0": "2030-01-01",
            "expires_at_1": "12:00",
            "allowed_models": "x",
            "digest": "x",
            "customer": "x",
        }

        assert operator.post(page("apikey_change", key.pk), form).status_code == 302
        assert ApiKey.objects.values().get() == {**before, "name": "desktop"}

    def test_is_neither_added_nor_deleted(self, operator, alices):
        key = api_keys.create(customer=alices, name="laptop", now=NOW).key

        assert operator.post(page("apikey_add"), {"name": "x"}).status_code == 403
        assert operator.post(page("apikey_delete", key.pk), {"post": "yes"}).status_code == 403


class TestServiceToken:
    def test_is_revoked_by_the_action(self, operator):
        revoked, other = (
            service_tokens.issue(gateway="gateway-1", scopes=["holds"], now=NOW).token for _ in range(2)
        )
        form = {"action": "revoke", "_selected_action": [revoked.pk], "reason": "leaked"}

        assert operator.post(page("servicetoken_changelist"), form).status_code == 302
        states = {token.pk: token.state_at(timezone.now()) for token in ServiceToken.objects.all()}
        assert states == {revoked.pk: "revoked", other.pk: "active"}
