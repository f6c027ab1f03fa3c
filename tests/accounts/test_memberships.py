import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, connections

from accounts.errors import AlreadyMember, LastOwner, Unacceptable, UnknownMember
from accounts.models import Customer, Membership, User
from accounts.services import memberships
from tests.accounts.conftest import NOW


def roles(customer: Customer) -> dict[str, str]:
    return dict(customer.memberships.values_list("user__email", "role"))


@pytest.mark.django_db
class TestAdd:
    def test_gives_a_user_a_role(self, alices, bob):
        assert roles(alices) == {"alice@example.com": "owner", "bob@example.com": "developer"}

    def test_refuses_a_second_membership(self, alices, bob):
        with pytest.raises(AlreadyMember):
            memberships.add(customer=alices, user=bob, role="owner", now=NOW)

    def test_refuses_an_unknown_role(self, alices, charlies):
        with pytest.raises(Unacceptable, match="owner, admin, developer, billing"):
            memberships.add(customer=alices, user=charlies.members.get(), role="king", now=NOW)


@pytest.mark.django_db
class TestLastOwner:
    def test_is_not_removed(self, alice, alices, bob):
        with pytest.raises(LastOwner):
            memberships.remove(customer=alices, user=alice)

        assert roles(alices)["alice@example.com"] == "owner"

    def test_is_not_demoted(self, alice, alices, bob):
        with pytest.raises(LastOwner):
            memberships.change_role(customer=alices, user=alice, role="admin")

    def test_may_go_when_there_is_another(self, alice, alices, bob):
        memberships.change_role(customer=alices, user=bob, role="owner")
        memberships.remove(customer=alices, user=alice)

        assert roles(alices) == {"bob@example.com": "owner"}

    def test_of_another_customer_does_not_count(self, alice, alices, charlies):
        with pytest.raises(LastOwner):
            memberships.remove(customer=alices, user=alice)

    def test_stays_an_owner_when_made_one_again(self, alice, alices):
        assert memberships.change_role(customer=alices, user=alice, role="owner").role == "owner"


@pytest.mark.django_db
class TestStranger:
    def test_is_not_found(self, alices, charlies):
        charlie = charlies.members.get()

        with pytest.raises(UnknownMember):
            memberships.change_role(customer=alices, user=charlie, role="owner")
        with pytest.raises(UnknownMember):
            memberships.remove(customer=alices, user=charlie)


@pytest.mark.django_db
class TestConstraints:
    @pytest.mark.parametrize(
        "change", ["role = 'king'", "user_id = (select user_id from membership limit 1)"]
    )
    def test_refuse_impossible_rows(self, alices, bob, change):
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(f"update membership set {change}")


@pytest.mark.usefixtures("committed_db")
class TestTwoOwnersWhoRemoveEachOther:
    def test_leave_one_owner(self, alice, alices, bob):
        for _ in range(10):
            Membership.objects.filter(customer=alices).update(role="owner")
            refused = _together(_removal(alices, alice), _removal(alices, bob))

            assert (refused, len(roles(alices))) == (1, 1)
            for user in (alice, bob):
                Membership.objects.get_or_create(customer=alices, user=user, defaults={"role": "owner"})


def _removal(customer: Customer, user: User) -> Callable[[], None]:
    return lambda: memberships.remove(customer=customer, user=user)


def _together(*actions: Callable[[], None]) -> int:
    """Run the actions at the same moment and return how many met `LastOwner`."""
    start = threading.Barrier(len(actions))
    refused = []

    def run(action: Callable[[], None]) -> None:
        try:
            start.wait()
            action()
        except LastOwner as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(refused)
