"""Request ids: UUIDv7 in one spelling, whose bits are their time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from billing import request_ids
from billing.errors import Unacceptable
from tests import cast

V7 = "01932c07-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class TestParse:
    def test_reads_canonical_text(self):
        assert request_ids.parse(V7) == UUID(V7)
        request_id = uuid7()
        assert request_ids.parse(str(request_id)) == request_id

    @pytest.mark.parametrize(
        "text",
        [
            V7.upper(),
            V7.replace("-", ""),
            "{" + V7 + "}",
            "urn:uuid:" + V7,
            " " + V7,
            V7 + "\n",
            V7[:-1],
            V7[:-1] + "g",
            V7[:-1] + "\uff10",
            V7.replace("-", "_"),
            V7[:-1] + "\0",
            "01932c07-a1b2-4c3d-8e4f-5a6b7c8d9e0f",
            "01932c07-a1b2-7c3d-ce4f-5a6b7c8d9e0f",
            "01932c07-a1b2-7c3d-0e4f-5a6b7c8d9e0f",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "",
            None,
            7,
            True,
            b"01932c07-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
            [V7],
            UUID(V7),
        ],
    )
    def test_refuses_all_else(self, text: object):
        with pytest.raises(Unacceptable) as refused:
            request_ids.parse(text, field="events.0.request_id")
        assert (refused.value.code, refused.value.extra["field"]) == ("invalid", "events.0.request_id")


class TestTimeOf:
    @pytest.mark.parametrize(
        "moment",
        [
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2024, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC),
            datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        ],
    )
    def test_is_exact_to_the_millisecond(self, moment: datetime):
        assert request_ids.time_of(cast.id_at(moment)) == moment

    def test_ends_with_the_calendar(self):
        latest = request_ids.time_of(UUID("ffffffff-ffff-7fff-bfff-ffffffffffff"))
        assert latest == datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


class TestIsInWindow:
    @pytest.mark.parametrize(
        ("at", "inside"),
        [
            (NOW, True),
            (NOW + timedelta(minutes=5), True),
            (NOW + timedelta(minutes=5) + MILLISECOND, False),
            (NOW - timedelta(days=35), True),
            (NOW - timedelta(days=35) - MILLISECOND, False),
        ],
    )
    def test_reaches_35_days_back_and_5_minutes_ahead(self, at: datetime, inside: bool):
        assert request_ids.is_in_window(cast.id_at(at), now=NOW) is inside

    def test_leaves_out_an_id_beyond_every_calendar(self):
        assert not request_ids.is_in_window(UUID("ffffffff-ffff-7fff-bfff-ffffffffffff"), now=NOW)
