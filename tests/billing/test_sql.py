"""Raw SQL outside a transaction: each statement lends a connection and gives it back."""

from typing import Any

import pytest
from django.db import DataError, connection, transaction

from billing import sql

pytestmark = pytest.mark.usefixtures("committed_db")


def pool() -> Any:
    connection.close()
    return connection.pool  # type: ignore[attr-defined]


class TestFetch:
    def test_leaves_the_thread_without_a_connection(self):
        connection.close()
        assert sql.fetch("select 1 as one")[0].one == 1
        assert connection.connection is None

    def test_gives_the_connection_back_after_an_error_too(self):
        lender = pool()
        for _ in range(lender.max_size + 1):
            with pytest.raises(DataError):
                sql.fetch("select 1 / 0")
        assert sql.fetch_tuples("select 1") == [(1,)]

    def test_takes_part_in_the_transaction_of_the_thread(self):
        with transaction.atomic():
            sql.run("set local lock_timeout = '7s'")
            assert sql.fetch_tuples("show lock_timeout") == [("7s",)]
