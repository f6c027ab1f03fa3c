"""Monthly partitions: always three months ahead, also across a year, guarded like their parents."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.utils import timezone

from billing import sql
from billing.services import partitions
from billing.services.holds.requests import HoldAnswer
from tests import cast
from tests.cast import USD

WHERE = "select tableoid::regclass::text as part from hold where request_id = %s"
PARTS = """
    select count(*) as n from pg_class
     where relispartition and relkind = 'r' and relname ~ '^(hold|charge)_[0-9]{4}_[0-9]{2}$'
"""
MAY = """
    select count(*)
      from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as may
     where has_table_privilege('app', %s, may)
"""
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def months_later(moment: datetime, months: int) -> datetime:
    month = moment.year * 12 + moment.month - 1 + months
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def part_of(held: HoldAnswer) -> str:
    return str(sql.fetch(WHERE, [held.request_id])[0].part)


@pytest.mark.django_db
class TestEnsure:
    def test_covers_three_months_ahead_from_the_start(self):
        assert partitions.covered_until() == months_later(timezone.now(), 4)

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            (datetime(2031, 8, 31, 23, 59, 59, tzinfo=UTC), datetime(2031, 12, 1, tzinfo=UTC)),
            (datetime(2031, 9, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)),
            (datetime(2031, 12, 31, tzinfo=UTC), datetime(2032, 4, 1, tzinfo=UTC)),
            (datetime(2032, 2, 29, tzinfo=UTC), datetime(2032, 6, 1, tzinfo=UTC)),
        ],
    )
    def test_covers_three_months_ahead_of_any_moment(self, now: datetime, until: datetime):
        partitions.ensure(now=now)
        assert partitions.covered_until() == until

    def test_again_creates_nothing(self):
        partitions.ensure(now=NEW_YEAR)
        before = sql.fetch(PARTS)[0].n
        partitions.ensure(now=NEW_YEAR)
        assert sql.fetch(PARTS)[0].n == before

    def test_goes_by_utc_whatever_the_session_says(self):
        sql.run("set local time zone 'Pacific/Kiritimati'")
        partitions.ensure(now=datetime(2031, 8, 31, 23, 0, tzinfo=UTC))
        assert partitions.covered_until() == datetime(2031, 12, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "part"),
        [
            (NEW_YEAR - MILLISECOND, "hold_2026_12"),
            (NEW_YEAR, "hold_2027_01"),
            (NEW_YEAR + timedelta(days=31) - MILLISECOND, "hold_2027_01"),
            (NEW_YEAR + timedelta(days=31), "hold_2027_02"),
        ],
    )
    def test_puts_each_request_in_the_month_of_its_own_time(self, at: datetime, part: str):
        partitions.ensure(now=NEW_YEAR)
        cast.model()
        alice = cast.player("Alice", USD)
        assert part_of(cast.hold(alice, now=at, request_id=cast.id_at(at))) == part

    def test_leaves_no_request_of_the_window_without_a_partition(self):
        cast.model()
        alice = cast.player("Alice", USD)
        now = timezone.now()
        for days in range(36):
            at = now - timedelta(days=days) + timedelta(seconds=1)
            assert cast.hold(alice, now=now, out=1, request_id=cast.id_at(at)).state == "open"


class TestNewPartition:
    @pytest.mark.parametrize("part", ["hold_2041_05", "charge_2041_05"])
    def test_is_guarded_from_the_first_moment(self, owner_connection: psycopg.Connection, part: str):
        with owner_connection.transaction(force_rollback=True):
            owner_connection.execute("select ensure_partitions('2041-04-10')")
            assert owner_connection.execute(MAY, [part]).fetchone() == (0,)
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner_connection.execute(f"truncate {part}".encode())
