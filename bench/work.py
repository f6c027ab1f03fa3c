"""Work made ready outside the clock: holds, and their usage in the inbox."""

import os
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import psycopg
from django.db import transaction
from django.utils import timezone

from accounts.models import Gateway
from bench import people
from billing import sql
from billing.services.holds import terms
from catalog import prices
from catalog.rating import Bounds, PriceSheet

MODEL = "claude-sonnet-4-6"
BOUNDS = Bounds(input=500, output=512)
RICH_NANOS = 10**9

# Dealt at random to all who have credit, or to one customer.
HOLD = """
    with person as (
        select api_key.customer_id, api_key.id as api_key_id, api_key.digest,
               row_number() over (order by api_key.customer_id) as number
          from api_key
          join wallet on wallet.customer_id = api_key.customer_id
         where wallet.balance_nanos > %(rich)s
           and (%(only)s::uuid is null or api_key.customer_id = %(only)s::uuid)
    ), drawn as materialized (
        select uuidv7() as request_id, 1 + floor(random() * (select count(*) from person))::bigint as number
          from generate_series(1, %(count)s)
    ), dealt as materialized (
        select drawn.request_id, person.customer_id, person.api_key_id, person.digest
          from drawn join person on person.number = drawn.number
         order by drawn.request_id
    ), held as (
        insert into hold (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                          price_version_id, state, amount_nanos, available_nanos, bound_input, bound_output,
                          bound_web_search, placed_at, expires_at, fingerprint)
        select customer_id, request_id, api_key_id, %(gateway_id)s, %(model_id)s, %(price_version_id)s,
               'open', %(amount)s, 0, %(input)s, %(output)s, 0, %(now)s, %(now)s + interval '1 day',
               sha256(uuid_send(request_id))
          from dealt
    ), counted as (
        update wallet
           set held_nanos = held_nanos + placed.holds * %(amount)s
          from (select customer_id, count(*) as holds from dealt group by customer_id) as placed
         where wallet.customer_id = placed.customer_id
    )
    select request_id, customer_id, digest from dealt order by request_id
"""

REPORT = """
    insert into usage_event (customer_id, request_id, api_key_id, gateway_id, language_model_id, input,
                             output, outcome, evidence, fingerprint, received_at)
    select customer_id, request_id, api_key_id, gateway_id, language_model_id,
           1 + floor(random() * bound_input)::int, 1 + floor(random() * bound_output)::int,
           'completed', 'reported', sha256(uuid_send(request_id)), %(now)s
      from hold
     where state = 'open' and request_id >= %(first)s
     order by request_id
"""


SOMEONE = "select customer_id from wallet where balance_nanos > %s order by random() limit 1"


class Held(NamedTuple):
    """A running request that may be reported; `digest` is its key's."""

    request_id: UUID
    customer_id: UUID
    digest: bytes


def sheet() -> PriceSheet:
    model = prices.find_model(MODEL)
    assert model is not None
    found = prices.in_force(model.id, timezone.now())
    assert found is not None
    return found


def gateway_id() -> int:
    return Gateway.objects.get_or_create(name=people.GATEWAY)[0].pk


def place(count: int, *, only: UUID | None = None, rich: int = RICH_NANOS) -> list[Held]:
    """Place `count` holds, for customers with more than `rich` nanos or for `only` one."""
    price = sheet()
    params = {
        "count": count,
        "only": only,
        "rich": rich,
        "gateway_id": gateway_id(),
        "model_id": price.model_id,
        "price_version_id": price.version_id,
        "amount": terms.amount(price, BOUNDS),
        "input": BOUNDS.input,
        "output": BOUNDS.output,
        "now": timezone.now(),
    }
    with transaction.atomic():
        take_time()
        rows = sql.fetch_tuples(HOLD, params)
    return [Held(row[0], row[1], bytes(row[2])) for row in rows]


def report(holds: Sequence[Held]) -> None:
    """Put usage of all these holds, which are the newest, into the inbox."""
    with transaction.atomic():
        take_time()
        reported = sql.run(REPORT, {"first": holds[0].request_id, "now": timezone.now()})
    assert reported == len(holds)


def take_time() -> None:
    """Lift the application's time limit from the transaction."""
    sql.run("set local statement_timeout = 0")


def someone() -> UUID:
    """A customer with credit, another one each time."""
    customer_id: UUID = sql.fetch_tuples(SOMEONE, [RICH_NANOS])[0][0]
    return customer_id


def analyze() -> None:
    """Do what autovacuum has done in a database that grew slowly."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("vacuum (analyze, skip_locked)")
