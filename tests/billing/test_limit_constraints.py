"""What the database itself refuses about limits and their counters, tried by raw SQL as role app."""

from typing import LiteralString

import pytest
from django.db import IntegrityError, connection, transaction

from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db

BAD: list[tuple[LiteralString, str]] = [
    ("update key_spend set held_nanos = -1", "key_spend_held_not_negative"),
    ("update key_spend set period_start = null", "period_start"),
    ("update key_spend set api_key_id = uuidv7()", "key_spend_of_key"),
    ("insert into key_spend select * from key_spend", "key_spend_pkey"),
    ("update api_key set limit_nanos = -1", "apikey_limit_has_amount_and_period"),
    ("update api_key set limit_nanos = null", "apikey_limit_has_amount_and_period"),
    ("update api_key set limit_period = null", "apikey_limit_has_amount_and_period"),
    ("update api_key set limit_period = 'year'", "apikey_limit_has_amount_and_period"),
    ("update api_key set first_key_id = uuidv7()", "keeps its line"),
    ("update hold set state = 'refused', refusal = 'x', ended_at = now()", "hold_counts_where_placed"),
    ("update hold set resumes_at = now()", "hold_resumes_after_limit"),
]


class TestConstraint:
    @pytest.mark.parametrize(("statement", "named"), BAD)
    def test_refuses_a_bad_row(self, statement: LiteralString, named: str):
        cast.model()
        alice = cast.player("Alice", USD)
        cast.limit(alice, USD)
        cast.hold(alice)

        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            with pytest.raises(IntegrityError, match=named), transaction.atomic():
                cursor.execute(statement)
