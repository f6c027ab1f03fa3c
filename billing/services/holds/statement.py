"""The one statement that places a hold: it locks, decides, inserts and counts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from billing import request_ids, sql
from billing.errors import UnknownKey
from billing.services.holds.requests import HoldRequest
from billing.services.holds.terms import Terms
from catalog.rating import Bounds

# Lock order: wallet, then the counter of the key's limit, then key and customer. Under READ COMMITTED only
# locked rows are read as they are now, so everything that can change and is decided on is locked, all of it
# after the wallet: what we waited for is seen. CHECKs are first tried on a row as it was before we waited:
# all amounts of wallet and counter are set as they were locked, so that what came meanwhile counts.
# A charge of this request id that came while we waited is the one thing that cannot be seen: it shows by the
# wallet, which is not the one that the statement began with. Then nothing is placed (`is_behind`).
_PLACE = """
    with locked as (
        select wallet.customer_id, wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos,
               wallet.cut_off_at, wallet.last_seq, known.id as api_key_id, known.first_key_id
          from api_key known
          join wallet on wallet.customer_id = known.customer_id
         where known.digest = %(digest)s
           for update of wallet
    ){counter}, subject as (
        select locked.customer_id, locked.balance_nanos - locked.held_nanos as available, locked.cut_off_at,
               locked.api_key_id,
               case
                   when customer.state = 'closed' then 'customer_closed'
                   when customer.state = 'frozen' then 'customer_frozen'
                   when api_key.revoked_at is not null then 'key_revoked'
                   when api_key.expires_at <= %(now)s then 'key_expired'
                   when cardinality(api_key.allowed_models) > 0
                        and %(model)s <> all (api_key.allowed_models) then 'model_not_allowed'
               end as forbidden,
               exists (select from charge
                        where charge.customer_id = locked.customer_id
                          and charge.request_id = %(request_id)s) as is_charged,
               locked.last_seq <> (select began.last_seq
                                     from wallet began
                                    where began.customer_id = locked.customer_id) as is_behind,
               {limit_columns}
          from locked
          join api_key on api_key.id = locked.api_key_id
          join customer on customer.id = locked.customer_id
          {join_counter}
           for share of api_key, customer
    ), decided as (
        select *,
               case
                   when forbidden is not null then forbidden
                   when cut_off_at is not null then 'cut_off'
                   when key_cut_off_at is not null then 'key_limit_reached'
                   when left_of_limit < %(amount)s and left_of_limit <= available then 'key_limit_reached'
                   when available < %(amount)s then 'insufficient_credit'
               end as refusal
          from subject
    ), answer as (
        select *,
               case when refusal = 'key_limit_reached' then left_of_limit else available end as offered,
               case when refusal = 'key_limit_reached' then resumes_at end as refused_until
          from decided
    ), placed as (
        insert into hold (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                          price_version_id, state, refusal, amount_nanos, available_nanos, bound_input,
                          bound_output, bound_web_search, placed_at, expires_at, ended_at, fingerprint,
                          key_period_start, resumes_at)
        select customer_id, %(request_id)s, api_key_id, %(gateway_id)s, %(model_id)s, %(price_version_id)s,
               case when refusal is null then 'open' else 'refused' end, refusal, %(amount)s, offered,
               %(input)s, %(output)s, %(web_search)s, %(now)s, %(expires_at)s,
               case when refusal is not null then %(now)s::timestamptz end, %(fingerprint)s,
               case when refusal is null then period_start end, refused_until
          from answer
         where not is_stale and not is_charged and not is_behind
           and not (%(may_clamp)s and coalesce(refusal, '') in ('insufficient_credit', 'key_limit_reached'))
            on conflict do nothing
     returning customer_id, state, amount_nanos, key_period_start
    ), counted as (
        update wallet
           set balance_nanos = locked.balance_nanos, debt_nanos = locked.debt_nanos,
               held_nanos = locked.held_nanos + placed.amount_nanos
          from placed
          join locked on locked.customer_id = placed.customer_id
         where wallet.customer_id = placed.customer_id and placed.state = 'open'
     returning wallet.balance_nanos - wallet.held_nanos as available
    ){count_for_key}
    select answer.customer_id, answer.api_key_id, answer.refusal, answer.offered, answer.refused_until,
           answer.is_stale, answer.is_charged, answer.is_behind, (select state from placed) as state,
           (select available from counted) as available_after
      from answer
"""


def _in_one_line(statement: str) -> str:
    """The statement without its indents: psycopg parses one of more than 4096 bytes anew each time."""
    return " ".join(statement.split())


# Most keys have no limit and shall not pay for it: their statement only notices that there is one, places
# nothing then and calls itself stale.
PLACE = _in_one_line(
    _PLACE.format(
        counter="",
        limit_columns="""null::timestamptz as key_cut_off_at, null::bigint as left_of_limit,
               null::date as period_start, null::timestamptz as resumes_at,
               api_key.limit_nanos is not null as is_stale""",
        join_counter="",
        count_for_key="",
    )
)

# It does not turn a period, and cannot see a counter that was made while it waited: then it is stale, too.
PLACE_LIMITED = _in_one_line(
    _PLACE.format(
        counter=""", counter as (
        select key_spend.*
          from locked
          join key_spend
            on key_spend.customer_id = locked.customer_id and key_spend.api_key_id = locked.first_key_id
           for update of key_spend
    )""",
        limit_columns="""counter.cut_off_at as key_cut_off_at,
               case
                   when api_key.limit_nanos is null then null
                   when counter.cut_off_at is not null then 0
                   else greatest(0, api_key.limit_nanos - greatest(0, counter.spent_nanos)
                                    - counter.held_nanos)
               end as left_of_limit,
               case when api_key.limit_nanos is not null then counter.period_start end as period_start,
               case
                   when api_key.limit_nanos >= %(cut_off_below)s
                   then limit_period_end(api_key.limit_period, counter.period_start)
               end as resumes_at,
               api_key.limit_nanos is not null
               and coalesce(counter.period_start < limit_period_start(api_key.limit_period, %(day)s), true)
               as is_stale""",
        join_counter="left join counter on counter.customer_id = locked.customer_id",
        count_for_key=""", counted_for_key as (
        update key_spend
           set period_start = counter.period_start, spent_nanos = counter.spent_nanos,
               held_nanos = counter.held_nanos + placed.amount_nanos, cut_off_at = counter.cut_off_at
          from placed
          join counter on counter.customer_id = placed.customer_id
         where key_spend.customer_id = counter.customer_id and key_spend.api_key_id = counter.api_key_id
           and placed.key_period_start is not null
    )""",
    )
)

MOST_REMEMBERED = 10_000


class _Limited:
    """Digests of keys that had a limit when this process last looked: which statement to try first."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def remember(self, digest: bytes) -> None:
        if len(self._digests) >= MOST_REMEMBERED:
            self._digests.clear()
        self._digests.add(digest)


_limited = _Limited()


def execute(
    request: HoldRequest, asked: Terms, *, now: datetime, may_clamp: bool, bounds: Bounds | None = None
) -> Any:
    """Place the hold or its refusal, with `bounds` in place of those asked for, and return what came of it.

    `state` is None where nothing was placed: the request id is taken or charged (`is_charged`), the counter
    of the key's limit is stale (`is_stale`), money moved while we waited for the wallet (`is_behind`), or
    credit is short and the caller `may_clamp`. Raises `UnknownKey`.
    """
    values = _parameters(request, asked, now=now, may_clamp=may_clamp, bounds=bounds)
    if request.key_digest not in _limited:
        row = _fetch(PLACE, values)
        if not row.is_stale:
            return row
        _limited.remember(request.key_digest)
    return _fetch(
        PLACE_LIMITED, values | {"day": day_of(request), "cut_off_below": settings.CUT_OFF_BELOW_NANOS}
    )


def _fetch(query: str, values: Mapping[str, object]) -> Any:
    found = sql.fetch(query, values)
    if not found:
        raise UnknownKey("no API key has this digest", field="key_digest")
    return found[0]


def day_of(request: HoldRequest) -> date:
    """The UTC day of the request's own time, on which its usage will count."""
    return request_ids.time_of(request.request_id).date()


def _parameters(
    request: HoldRequest, asked: Terms, *, now: datetime, may_clamp: bool, bounds: Bounds | None
) -> dict[str, object]:
    bounds = bounds or request.bounds
    return {
        "digest": request.key_digest,
        "request_id": request.request_id,
        "gateway_id": request.gateway_id,
        "model": request.model,
        "model_id": asked.sheet.model_id,
        "price_version_id": asked.sheet.version_id,
        "amount": asked.amount_nanos,
        "input": bounds.input,
        "output": bounds.output,
        "web_search": bounds.web_search,
        "now": now,
        "expires_at": now + timedelta(seconds=request.ttl_s),
        "fingerprint": request.fingerprint,
        "may_clamp": may_clamp,
    }
