"""What the ledger's statements cost the server, where that can be counted instead of timed."""

import pytest

from billing import sql
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db

# In the running transaction: rows changed, and rows changed without touching an index.
CHANGED = """
    select pg_stat_get_xact_tuples_updated(%(table)s::regclass) as rows,
           pg_stat_get_xact_tuples_hot_updated(%(table)s::regclass) as in_place
"""


class TestWriteLots:
    @pytest.mark.parametrize("table", ["credit_lot", "wallet"])
    def test_leaves_the_indexes_alone_as_long_as_credit_is_left(self, table):
        cast.model()
        alice = cast.player("Alice", USD)
        before = sql.fetch(CHANGED, {"table": table})[0]

        cast.send(cast.report(alice, output=1))
        cast.settle()

        after = sql.fetch(CHANGED, {"table": table})[0]
        assert after.rows - before.rows == after.in_place - before.in_place == 1
