"""Operators for tests of the admin site: one who may do all, and some who may do little."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import OperatorAction, User

PASSWORD = "correct horse battery"


def root(email: str = "root@example.com") -> Client:
    return signed_in(User.objects.create_superuser(email))


def staff(*permissions: str, email: str = "staff@example.com") -> Client:
    """Somebody with exactly these permissions, such as `billing.view_wallet`."""
    return signed_in(person(permissions, email=email))


def person(
    permissions: Iterable[str] = (), *, email: str = "staff@example.com", password: str | None = None
) -> User:
    user = User.objects.create_user(email, password, is_staff=True)
    for name in permissions:
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, page: str, action: str, *pks: object, **fields: str) -> str:
    """Run an action on a list, and return the page that tells of it."""
    form = {"action": action, "_selected_action": [str(pk) for pk in pks], **fields}
    answer = client.post(f"/admin/{page}/", form, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def recorded() -> list[str]:
    """The words of the operators' log, oldest first."""
    return list(OperatorAction.objects.order_by("id").values_list("action", flat=True))
