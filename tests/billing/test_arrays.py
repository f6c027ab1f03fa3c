"""Array parameters reach the server as the values they were made of."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from billing import sql

pytestmark = pytest.mark.django_db


class TestArray:
    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("uuid", [UUID(int=0), UUID(int=2**128 - 1), uuid7()]),
            ("uuid", [None, uuid7(), None]),
            ("uuid", [None, None]),
            ("uuid", []),
            ("bigint", [0, -(2**63), None, 2**63 - 1]),
            ("timestamptz", [datetime(2026, 1, 1, tzinfo=UTC), None]),
            ("text", ['a "quoted" word', "{", None, ""]),
            ("text", [None, "π", "a\nb", ","]),
            ("bytea", [b"", b"\x00\xff", None]),
            ("boolean", [True, False]),
        ],
    )
    def test_reaches_the_server_unchanged(self, kind, values):
        found = sql.fetch_tuples(f"select value from unnest(%s::{kind}[]) as value", [sql.array(values)])

        assert [row[0] for row in found] == values


class TestColumns:
    def test_turns_rows_into_one_array_for_each_column(self):
        rows = [(uuid7(), 1, "a"), (uuid7(), None, "b")]

        found = sql.fetch_tuples("select * from unnest(%s::uuid[], %s::int[], %s::text[])", sql.columns(rows))

        assert found == rows
