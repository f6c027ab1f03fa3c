"""The text of the statement that places a hold."""

from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH

from billing.services.holds import statement


class TestStatement:
    def test_is_short_enough_to_be_parsed_once(self):
        assert len(statement.PLACE.encode()) <= MAX_CACHED_STATEMENT_LENGTH
