import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import key_format
from accounts.errors import CustomerClosed, KeyNotActive, KeyReplaced, Unacceptable, UnknownKey
from accounts.models import ApiKey, Customer
from accounts.services import api_keys, customers
from accounts.services.api_keys import IssuedKey
from catalog import prices
from catalog.models import LanguageModel, Provider
from tests.accounts.conftest import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def create(customer: Customer, **changes) -> IssuedKey:
    return api_keys.create(**{"customer": customer, "name": "laptop", "now": NOW, **changes})


@pytest.fixture
def models():
    provider = Provider.objects.create(slug="anthropic", name="Anthropic")
    for slug in ("claude-sonnet-4-6", "claude-haiku-4-5"):
        LanguageModel.objects.create(
            provider=provider, slug=slug, name=slug, context_tokens=200_000, max_output_tokens=64_000
        )
    prices.forget()
    yield
    prices.forget()


class TestCreate:
    def test_stores_the_digest_and_never_the_key(self, alice, alices):
        issued = create(alices, created_by=alice)

        row = ApiKey.objects.values().get()
        assert key_format.is_well_formed(issued.secret)
        assert bytes(row["digest"]) == key_format.digest_of(issued.secret)
        assert (row["prefix"], row["last4"]) == (issued.secret[:10], issued.secret[-4:])
        assert row["created_by_id"] == alice.id
        assert issued.secret[10:-4] not in str(row)
        assert issued.secret not in repr(issued) + str(issued.key)

    def test_makes_an_active_key_for_every_model(self, alices):
        key = create(alices).key

        assert (key.state_at(NOW), key.allowed_models, key.expires_at) == ("active", [], None)

    def test_allows_known_models_each_once(self, alices, models):
        key = create(alices, allowed_models=["claude-sonnet-4-6", "claude-haiku-4-5", "claude-haiku-4-5"]).key

        assert ApiKey.objects.get(id=key.id).allowed_models == ["claude-haiku-4-5", "claude-sonnet-4-6"]

    def test_refuses_unknown_models_by_name(self, alices, models):
        with pytest.raises(Unacceptable, match="claude-sonet-4-6") as refusal:
            create(alices, allowed_models=["claude-sonnet-4-6", "claude-sonet-4-6"])

        assert refusal.value.field == "allowed_models"
        assert not ApiKey.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "n" * 101}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"expires_at": NOW}, "expires_at"),
            ({"allowed_models": ["m"] * 101}, "allowed_models"),
        ],
    )
    def test_refuses_input_that_makes_no_sense(self, alices, changes, field):
        with pytest.raises(Unacceptable) as refusal:
            create(alices, **changes)

        assert refusal.value.field == field

    def test_is_refused_to_a_closed_customer(self, alices):
        closed = customers.close(customer_id=alices.id, reason="asked to", now=NOW)

        with pytest.raises(CustomerClosed):
            create(closed)


class TestRename:
    def test_changes_the_name_only(self, alices):
        issued = create(alices)

        api_keys.rename(customer=alices, api_key_id=issued.key.id, name=" desktop ")

        key = ApiKey.objects.get()
        assert (key.name, bytes(key.digest)) == ("desktop", key_format.digest_of(issued.secret))


class TestRestrict:
    def test_replaces_the_allowed_models(self, alices, models):
        key = create(alices).key

        api_keys.restrict(customer=alices, api_key_id=key.id, allowed_models=["claude-haiku-4-5"])
        assert ApiKey.objects.get().allowed_models == ["claude-haiku-4-5"]
        api_keys.restrict(customer=alices, api_key_id=key.id, allowed_models=[])
        assert ApiKey.objects.get().allowed_models == []


class TestRotate:
    def test_overlaps_the_old_key_and_its_successor(self, alices, models):
        old = create(alices, allowed_models=["claude-haiku-4-5"]).key

        new = api_keys.rotate(customer=alices, api_key_id=old.id, overlap=timedelta(hours=1), now=NOW)

        old.refresh_from_db()
        assert (new.key.name, new.key.allowed_models) == ("laptop", ["claude-haiku-4-5"])
        assert new.key.rotated_from == old
        assert [key.state_at(LATER - timedelta(seconds=1)) for key in (old, new.key)] == ["active", "active"]
        assert [key.state_at(LATER) for key in (old, new.key)] == ["expired", "active"]

    def test_ends_the_old_key_at_once_without_overlap(self, alices):
        old = create(alices).key

        api_keys.rotate(customer=alices, api_key_id=old.id, overlap=timedelta(0), now=NOW)

        old.refresh_from_db()
        assert old.state_at(NOW) == "expired"

    def test_never_prolongs_the_old_key_and_keeps_the_length_of_life(self, alices):
        old = create(alices, expires_at=NOW + timedelta(days=90)).key
        day_89 = NOW + timedelta(days=89)

        new = api_keys.rotate(customer=alices, api_key_id=old.id, overlap=timedelta(days=7), now=day_89)

        old.refresh_from_db()
        assert old.expires_at == NOW + timedelta(days=90)
        assert new.key.expires_at == day_89 + timedelta(days=90)

    def test_gives_a_key_one_successor_only(self, alices):
        old = create(alices).key
        api_keys.rotate(customer=alices, api_key_id=old.id, overlap=timedelta(hours=1), now=NOW)

        with pytest.raises(KeyReplaced):
            api_keys.rotate(customer=alices, api_key_id=old.id, overlap=timedelta(hours=1), now=NOW)

    def test_refuses_a_revoked_and_an_expired_key(self, alices):
        revoked, expired = create(alices).key, create(alices, expires_at=LATER).key
        api_keys.revoke(customer=alices, api_key_id=revoked.id, now=NOW)

        for key in (revoked, expired):
            with pytest.raises(KeyNotActive):
                api_keys.rotate(customer=alices, api_key_id=key.id, overlap=timedelta(0), now=LATER)

    @pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
    def test_refuses_an_overlap_out_of_range(self, alices, overlap):
        key = create(alices).key

        with pytest.raises(Unacceptable):
            api_keys.rotate(customer=alices, api_key_id=key.id, overlap=overlap, now=NOW)


class TestRevoke:
    def test_is_for_good_and_keeps_the_first_moment(self, alices):
        key = create(alices).key

        assert api_keys.revoke(customer=alices, api_key_id=key.id, now=NOW).state_at(NOW) == "revoked"
        assert api_keys.revoke(customer=alices, api_key_id=key.id, now=LATER).revoked_at == NOW

    def test_rolls_back_with_the_transaction_around_it(self, alices):
        key = create(alices).key

        with transaction.atomic():
            api_keys.revoke(customer=alices, api_key_id=key.id, now=NOW)
            transaction.set_rollback(True)

        key.refresh_from_db()
        assert key.revoked_at is None

    def test_wins_over_expiry(self, alices):
        key = create(alices, expires_at=LATER).key

        assert api_keys.revoke(customer=alices, api_key_id=key.id, now=NOW).state_at(LATER) == "revoked"


class TestStranger:
    """Charlie names Alice's key, and then one that nobody has: the answers do not differ."""

    @pytest.mark.parametrize(
        "attempt",
        [
            api_keys.get,
            lambda **key: api_keys.rename(**key, name="mine"),
            lambda **key: api_keys.restrict(**key, allowed_models=[]),
            lambda **key: api_keys.rotate(**key, overlap=timedelta(0), now=NOW),
            lambda **key: api_keys.revoke(**key, now=NOW),
        ],
        ids=["get", "rename", "restrict", "rotate", "revoke"],
    )
    def test_finds_no_such_key(self, alices, charlies, attempt):
        key = create(alices).key
        before = ApiKey.objects.values().get()

        refusals = []
        for api_key_id in (key.id, uuid.uuid4()):
            with pytest.raises(UnknownKey) as refusal:
                attempt(customer=charlies, api_key_id=api_key_id)
            refusals.append((refusal.value.code, refusal.value.http_status, refusal.value.detail))

        assert refusals[0] == refusals[1]
        assert ApiKey.objects.values().get() == before
        attempt(customer=alices, api_key_id=key.id)


class TestConstraints:
    @pytest.mark.parametrize(
        "change",
        ["digest = 'short'", "name = ''", "expires_at = created_at - interval '1 second'"],
    )
    def test_refuse_impossible_rows(self, alices, change):
        create(alices)

        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(f"update api_key set {change}")

    def test_refuse_a_digest_twice(self, alices, charlies):
        key = create(alices).key

        key.id, key.customer = uuid.uuid4(), charlies
        with pytest.raises(IntegrityError, match="digest"), transaction.atomic():
            key.save(force_insert=True)

    @pytest.mark.parametrize(
        "change",
        [
            "revoked_at = null",
            "revoked_at = revoked_at + interval '1 hour'",
            "digest = sha256('x')",
            "customer_id = (select id from customer where name = 'Charlie''s')",
        ],
    )
    def test_keep_revocation_and_identity(self, alices, charlies, change):
        api_keys.revoke(customer=alices, api_key_id=create(alices).key.id, now=NOW)

        with pytest.raises(DatabaseError, match=r"stands|keeps"), connection.cursor() as cursor:
            cursor.execute(f"update api_key set {change}")
