"""What a key may do right now, and the version that rises with every change of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from billing.errors import UnknownKey
from billing.models import Outbox
from billing.services import customers, key_states, keys
from tests import cast
from tests.cast import MODEL, USD

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def revoke(who: cast.Player) -> None:
    keys.revoke(customer=who.customer, api_key_id=who.api_key_id, now=NOW)


def let_expire(who: cast.Player) -> None:
    ApiKey.objects.update(created_at=cast.LONG_AGO, expires_at=NOW)


def freeze(who: cast.Player) -> None:
    customers.freeze(customer_id=who.id, reason="test", now=NOW)


def close(who: cast.Player) -> None:
    customers.close(customer_id=who.id, reason="test", now=NOW)


def spend_all(who: cast.Player) -> None:
    cast.send(cast.report(who, output=1_000_000))
    cast.settle(now=NOW)


# In the order in which they hide each other.
CAUSES: list[tuple[str, Callable[[cast.Player], None], datetime | None]] = [
    ("cut_off", spend_all, NOW),
    ("frozen", freeze, None),
    ("closed", close, None),
    ("expired", let_expire, NOW),
    ("revoked", revoke, NOW),
]


class TestState:
    def test_of_a_key_that_works(self):
        alice = cast.player("Alice", USD)
        state = key_states.get(alice.digest, now=NOW)
        assert (state.state, state.since, state.resumes_at, state.expires_at) == ("active", None, None, None)
        assert (state.key_digest, state.api_key_id) == (alice.digest.hex(), alice.api_key_id)
        assert (state.customer_id, state.allowed_models) == (alice.id, [])
        assert state.state_version == alice.wallet().state_version

    @pytest.mark.parametrize(("name", "cause", "since"), CAUSES)
    def test_names_its_cause(self, name: str, cause: Callable[[cast.Player], None], since: datetime | None):
        cast.model()
        alice = cast.player("Alice", USD)
        cause(alice)
        state = key_states.get(alice.digest, now=NOW)
        assert (state.state, state.since) == (name, since)

    def test_names_the_cause_that_lasts_longest(self):
        cast.model()
        alice = cast.player("Alice", USD)
        for name, cause, _ in CAUSES:
            cause(alice)
            assert key_states.get(alice.digest, now=NOW).state == name

    def test_tells_when_the_key_will_expire(self):
        alice = cast.player("Alice", USD)
        later = timezone.now() + timedelta(hours=1)
        ApiKey.objects.update(expires_at=later)
        state = key_states.get(alice.digest, now=later - timedelta(microseconds=1))
        assert (state.state, state.expires_at) == ("active", later)
        assert key_states.get(alice.digest, now=later).state == "expired"

    def test_of_an_unknown_key_is_an_error(self):
        with pytest.raises(UnknownKey):
            key_states.get(b"\0" * 32, now=NOW)

    def test_of_all_keys_of_customers(self):
        alice, charlie = cast.player("Alice"), cast.player("Charlie")
        keys.create(customer=alice.customer, name="Second", now=NOW)
        assert len(key_states.of_customers([alice.id], now=NOW)) == 2
        assert len(key_states.of_customers([alice.id, charlie.id], now=NOW)) == 3

    def test_is_json_of_plain_values(self):
        cast.model()
        alice = cast.player("Alice", USD)
        revoke(alice)
        keys.restrict(customer=alice.customer, api_key_id=alice.api_key_id, allowed_models=[MODEL], now=NOW)
        assert key_states.get(alice.digest, now=NOW).as_json() == {
            "key_digest": alice.digest.hex(),
            "api_key_id": str(alice.api_key_id),
            "customer_id": str(alice.id),
            "state": "revoked",
            "since": "2026-11-23T12:00:00+00:00",
            "allowed_models": [MODEL],
            "expires_at": None,
            "resumes_at": None,
            "state_version": alice.wallet().state_version,
        }


CHANGES: dict[str, Callable[[cast.Player], object]] = {
    "create": lambda who: keys.create(customer=who.customer, name="Another", now=NOW),
    "restrict": lambda who: keys.restrict(
        customer=who.customer, api_key_id=who.api_key_id, allowed_models=[MODEL], now=NOW
    ),
    "rotate": lambda who: keys.rotate(
        customer=who.customer,
        api_key_id=who.api_key_id,
        overlap=timedelta(hours=1),
        now=timezone.now(),
    ),
    "revoke": revoke,
    "freeze": freeze,
    "unfreeze": lambda who: customers.unfreeze(customer_id=who.id, reason="test", now=NOW),
    "close": close,
    "cut off": spend_all,
}


class TestVersion:
    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
    def test_rises_with_each_change_and_is_published(self, change: Callable[[cast.Player], object]):
        cast.model()
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        version, other = alice.wallet().state_version, charlie.wallet().state_version
        Outbox.objects.all().delete()

        change(alice)

        assert alice.wallet().state_version == version + 1
        assert charlie.wallet().state_version == other
        assert [(row.customer_id, row.state_version) for row in Outbox.objects.all()] == [
            (alice.id, version + 1)
        ]

    def test_does_not_rise_where_a_change_fails(self):
        alice = cast.player("Alice", USD)
        version = alice.wallet().state_version
        with pytest.raises(Exception, match="overlap"):
            keys.rotate(
                customer=alice.customer, api_key_id=alice.api_key_id, overlap=timedelta(days=31), now=NOW
            )
        assert alice.wallet().state_version == version
