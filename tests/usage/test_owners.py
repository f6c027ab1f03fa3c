"""Whose a key is: read once, and asked for again as long as there is no key."""

from collections.abc import Iterator

import pytest
from uuid_utils.compat import uuid7

from billing import sql
from tests import cast
from usage.services import owners

pytestmark = pytest.mark.django_db

UNKNOWN = b"\1" * 32
# With a digest of our choice, which no service takes.
ANOTHER_KEY = """
    insert into api_key
    select (jsonb_populate_record(api_key, jsonb_build_object('id', %s::uuid, 'digest', %s::bytea))).*
      from api_key where id = %s
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    owners.forget()
    yield
    owners.forget()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 0)


def without_keys(*players: cast.Player) -> None:
    """Take the keys out of the database, so that only what is remembered can be found."""
    sql.run("delete from api_key where digest = any(%s)", [[player.digest for player in players]])


class TestKeysOf:
    def test_finds_those_that_belong_to_a_key(self, alice: cast.Player):
        bob = cast.player("Bob", 0)

        assert owners.keys_of({alice.digest, UNKNOWN, bob.digest}) == {
            alice.digest: (alice.api_key_id, alice.id),
            bob.digest: (bob.api_key_id, bob.id),
        }
        assert owners.keys_of({UNKNOWN}) == owners.keys_of(set()) == {}

    def test_reads_a_key_once(self, alice: cast.Player):
        bob = cast.player("Bob", 0)
        owners.keys_of({alice.digest})
        without_keys(alice, bob)

        assert owners.keys_of({alice.digest, bob.digest}) == {alice.digest: (alice.api_key_id, alice.id)}

    def test_finds_a_key_that_was_made_after_it_was_asked_for(self, alice: cast.Player):
        assert owners.keys_of({UNKNOWN}) == {}
        made = uuid7()
        sql.run(ANOTHER_KEY, [made, UNKNOWN, alice.api_key_id])
        assert owners.keys_of({UNKNOWN}) == {UNKNOWN: (made, alice.id)}

    def test_remembers_a_bounded_number(self, alice: cast.Player, monkeypatch: pytest.MonkeyPatch):
        bob = cast.player("Bob", 0)
        monkeypatch.setattr(owners, "MOST_REMEMBERED", 1)
        owners.keys_of({alice.digest})
        owners.keys_of({bob.digest})
        without_keys(alice, bob)

        assert list(owners.keys_of({alice.digest, bob.digest})) == [bob.digest]
