"""What is measured in a database of any size: settling, and looking things up."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from bench import answering, settler, work
from billing import sql
from usage.services import requests, statements

EVENTS = 20_000
LOOK_UPS = 300

SOME_REQUESTS = "select request_id from charge order by random() limit %s"
SOME_CUSTOMERS = "select customer_id from wallet order by random() limit %s"
TOTALS = """
    select api_key_id, language_model_id, sum(requests), sum(input), sum(output), sum(amount_nanos)
      from usage_daily
     where customer_id = %s and day_date >= %s
     group by api_key_id, language_model_id
"""


def main() -> None:
    work.sheet()
    measures: dict[str, Callable[[], float]] = {
        "settle": settle,
        "requests": find_requests,
        "totals": sum_usage,
        "statements": make_statements,
    }
    answering.serve(lambda line: str(measures[line]()))


def settle() -> float:
    """Events per second."""
    work.report(work.place(EVENTS))
    done = settler.settle()
    return done["events"] / (done["ended"] - done["started"])


def find_requests() -> float:
    """Milliseconds of a look-up of any request."""
    return _each(_some(SOME_REQUESTS), requests.get)


def sum_usage() -> float:
    """Milliseconds of summing up a customer's month."""
    since = timezone.now().date() - timedelta(days=30)
    return _each(_some(SOME_CUSTOMERS), lambda customer_id: sql.fetch_tuples(TOTALS, [customer_id, since]))


def make_statements() -> float:
    """Milliseconds of a customer's statement of the last day."""
    until = timezone.now()
    since = until - timedelta(days=1)
    return _each(
        _some(SOME_CUSTOMERS),
        lambda customer_id: statements.of_customer(customer_id=customer_id, since=since, until=until),
    )


def _some(query: str) -> Sequence[UUID]:
    return [row[0] for row in sql.fetch_tuples(query, [LOOK_UPS])]


def _each(ids: Sequence[UUID], look_up: Callable[[UUID], object]) -> float:
    started = time.perf_counter()
    for each in ids:
        look_up(each)
    return (time.perf_counter() - started) * 1000 / len(ids)
