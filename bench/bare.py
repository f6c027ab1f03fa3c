"""The floor of placing a hold over HTTP: one guarded UPDATE and INSERT, without any rule of the business."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from psycopg_pool import ConnectionPool

# Ours in the fewest words: one statement, so one way to the server and back.
GUARDED = """
    with counted as (
        update bare_wallet
           set held_nanos = held_nanos + %(amount)s
         where customer_id = %(customer_id)s and balance_nanos - held_nanos >= %(amount)s
     returning customer_id, balance_nanos - held_nanos as available_nanos
    )
    insert into bare_hold (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                           price_version_id, state, amount_nanos, available_nanos, bound_input, bound_output,
                           bound_web_search, placed_at, expires_at, fingerprint)
    select customer_id, %(request_id)s, customer_id, 1, 1, 1, 'open', %(amount)s, available_nanos, 500, 512,
           0, now(), now() + interval '15 minutes', '\\x00'
      from counted
 returning available_nanos
"""

Start = Callable[[str, list[tuple[str, str]]], object]


class Bare:
    """The WSGI application; its pool is as large as ours."""

    def __init__(self) -> None:
        size = int(os.environ.get("DATABASE_POOL_SIZE", "8"))
        self._pool = ConnectionPool(
            os.environ["DATABASE_URL"], min_size=1, max_size=size, kwargs={"autocommit": True}, open=True
        )

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with self._pool.connection() as connection:
            row = connection.execute(GUARDED, asked, prepare=True, binary=True).fetchone()
        body = json.dumps({"available": row[0] if row else None}).encode()
        start(
            "201 Created" if row else "402 Payment Required",
            [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
        )
        return [body]


application = Bare()
