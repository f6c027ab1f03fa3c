"""One replay from the first hold to the last settled event."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from psycopg_pool import PoolTimeout
from tqdm import tqdm

from catalog import prices
from catalog.prices import ModelEntry
from usage.audit import run as audit
from usage.replay import cast, deal, totals
from usage.replay.deal import NO_FAULTS, Faults
from usage.replay.errors import BadRequest
from usage.replay.totals import Progress
from usage.replay.trace import Row
from usage.replay.traffic import Tally, Traffic
from usage.services.reconciliation import report
from usage.services.reconciliation import run as reconciliation
from usage.services.reconciliation.run import Period

ASK_EVERY_S = 0.2
# Where no terminal shows the bar.
SAY_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to replay; `reconciles`: whether the run ends with a reconciliation of its own requests."""

    rows: Sequence[Row]
    model: str
    customers: int
    credit_nanos: int
    concurrency: int
    seed: int
    url: str
    faults: Faults = NO_FAULTS
    reconciles: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The replay's last line; `audit` is "ok" or the number of violations.

    `faults` says what went wrong on purpose, and is left out where nothing was to; so is `reconciliation`.
    """

    requests: int
    holds_refused: int
    settled: int
    charged_nanos: int
    granted_nanos: int
    balance_nanos: int
    debt_nanos: int
    customers_cut_off: int
    settled_per_second: float
    hold_p50_ms: float
    hold_p99_ms: float
    audit: str | int
    faults: dict[str, int] | None
    reconciliation: dict[str, Any] | None

    @property
    def is_right(self) -> bool:
        lost = self.faults["lost"] if self.faults else 0
        return self.audit == "ok" and self.settled + self.holds_refused + lost == self.requests

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def model_for_sale(slug: str) -> ModelEntry:
    """The catalogue's entry; raises `BadRequest`."""
    model = prices.find_model(slug)
    if model is None or not model.is_active or prices.in_force(model.id, timezone.now()) is None:
        raise BadRequest(f"no model {slug!r} is for sale; `manage.py sync_catalog` loads the catalogue")
    return model


def replay(order: Order, *, say: Callable[[str], None]) -> Report:
    """Sign customers up, send every row, wait until all is settled, audit."""
    model = model_for_sale(order.model)
    calls = deal.deal(
        order.rows,
        model=model,
        customers=order.customers,
        seed=order.seed,
        faults=order.faults,
    )
    started_at = timezone.now()
    say(f"{order.customers} customers sign up")
    names = [f"Replay {number + 1}" for number in range(order.customers)]
    people = cast.sign_up(names, credit_nanos=order.credit_nanos)
    traffic = Traffic(
        calls,
        people,
        model=order.model,
        concurrency=order.concurrency,
        reports_cost=order.faults.misreported > 0,
    )

    say(f"{len(calls)} requests to {order.url}")
    customers = [person.customer_id for person in people]
    with cast.service_token() as token:
        sending = _sending(traffic.send(order.url, token, say))
        seconds = _wait_until_settled(sending, traffic.tally, customers, order, say)
    for code, count in traffic.tally.not_accepted.items():
        say(f"{count} events were not accepted: {code}")
    if traffic.tally.lost:
        say(f"{traffic.tally.lost} holds get no usage: waiting until they expire")
        _wait_until_expired(customers)

    say("audit")
    return _report(order, traffic, customers, seconds, started_at=started_at)


def _sending(work: Coroutine[Any, Any, None]) -> Future[None]:
    """Run the gateway's side in a thread of its own, so that this one can ask the database meanwhile."""
    sending: Future[None] = Future()

    def send() -> None:
        try:
            sending.set_result(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits.
            sending.set_exception(error)

    threading.Thread(target=send, name="gateway", daemon=True).start()
    return sending


def _wait_until_settled(
    sending: Future[None], tally: Tally, customers: Sequence[UUID], order: Order, say: Callable[[str], None]
) -> float:
    """Return the seconds until all is sent and the inbox has none of our events any more."""
    started = said_at = time.monotonic()
    with tqdm(total=len(order.rows), unit=" requests", disable=not sys.stderr.isatty()) as bar:
        while True:
            all_sent = sending.done()
            if all_sent:
                sending.result()
            now = _ask(lambda: totals.progress(customers))
            bar.n = now.settled + tally.refused
            bar.set_postfix(reported=tally.reported, refused=tally.refused, waiting=now.waiting)
            if bar.disable and time.monotonic() - said_at > SAY_EVERY_S:
                said_at = time.monotonic()
                say(f"{now.settled} settled, {now.waiting} waiting, {tally.refused} refused")
            if all_sent and now.waiting == 0:
                return time.monotonic() - started
            time.sleep(ASK_EVERY_S)


def _wait_until_expired(customers: Sequence[UUID]) -> None:
    while _ask(lambda: totals.progress(customers)).held_nanos:
        time.sleep(ASK_EVERY_S)


def _ask(question: Callable[[], Progress]) -> Progress:
    """Ask the database, and again until it is there."""
    while True:
        try:
            return question()
        except (OperationalError, InterfaceError, PoolTimeout):
            connection.close()
            time.sleep(ASK_EVERY_S)


def _report(
    order: Order, traffic: Traffic, customers: Sequence[UUID], seconds: float, *, started_at: datetime
) -> Report:
    found = totals.of(customers)
    violations = audit.violations(audit.audit(now=timezone.now()))
    latencies = sorted(traffic.tally.hold_us)
    return Report(
        requests=len(order.rows),
        holds_refused=traffic.tally.refused,
        **asdict(found),
        settled_per_second=round(found.settled / seconds, 1),
        hold_p50_ms=_percentile(latencies, 50),
        hold_p99_ms=_percentile(latencies, 99),
        audit=violations or "ok",
        faults=_faults(traffic.tally) if order.faults != NO_FAULTS else None,
        reconciliation=_reconciled(started_at) if order.reconciles else None,
    )


def _faults(tally: Tally) -> dict[str, int]:
    return {"overshot": tally.overshot, "lost": tally.lost, "misreported": tally.misreported}


def _reconciled(started_at: datetime) -> dict[str, Any]:
    now = timezone.now()
    period = Period(started_at, now)
    return report.as_json(reconciliation.reconcile(period, now=now), report.open_groups(period))


def _percentile(ordered_us: Sequence[int], percent: int) -> float:
    """Milliseconds that so many percent of the holds did not exceed."""
    rank = -(-len(ordered_us) * percent // 100)
    return ordered_us[rank - 1] / 1000
