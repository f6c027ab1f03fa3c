"""From a webhook's arrival to credit that can be spent, with Stripe's stand-in, which answers in 200 ms."""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from bench import load, people, rows, servers
from bench.load import Answer
from bench.rows import Row
from billing import sql
from billing.models import TopUp
from billing.services.top_ups import start
from billing.services.top_ups.start import TopUpRequest

ROOT: Final = Path(__file__).parent.parent
PAYMENTS: Final = 200
# So many more come first: a process that has just started imports, connects and prepares its statements.
WARM_UP: Final = 20
PER_SECOND: Final = 8
CENTS: Final = 2_000
ANSWER_S: Final = 0.2
LIMIT_S: Final = 0.25
KEY: Final = "sk_test_bench"
SECRET: Final = "whsec_bench"  # noqa: S105 - of the stand-in

# The first moment at which a hold would find the credit: when its transaction had committed.
SPENDABLE: Final = "select count(*) as n from wallet where customer_id = any(%s) and balance_nanos >= %s"


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that somebody made at the stand-in, and the message that tells of it."""

    customer_id: UUID
    body: bytes


def main() -> None:
    sys.stdout.write(rows.as_json(measure(PAYMENTS)))


def measure(payments: int) -> list[Row]:
    with _stand_in() as address:
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = address, KEY
        settings.STRIPE_WEBHOOK_SECRET = SECRET
        paid = _pay(address, people.sign_up(WARM_UP + payments, credit_nanos=1))
        environ = {
            **os.environ,
            "STRIPE_API_BASE": address,
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
        }
        with servers.web(environ) as url:
            answers = asyncio.run(_deliver(url, paid))
    return _rows(answers, [each.customer_id for each in paid])


def _rows(answers: Sequence[Answer], customer_ids: Sequence[UUID]) -> list[Row]:
    """A webhook is answered after its effects: where it took less than its budget, they are committed."""
    spendable = sql.fetch(SPENDABLE, [list(customer_ids), CENTS * 10**7])[0].n
    took = [answer.took_s - ANSWER_S for answer in answers[WARM_UP:]]
    ok = spendable == len(answers) and all(answer.status == 200 for answer in answers)
    p50, p99 = (round(load.percentile(took, percent), 3) for percent in (50, 99))
    unit = f"s beyond the stand-in's {ANSWER_S} s; {spendable} of {len(answers)} credited"
    name = "webhook → spendable"
    return [
        Row(f"{name}: p50", p50, None, ok=True, floor=None, measured=p50, unit=unit),
        Row(f"{name}: p99", p99, LIMIT_S, ok=ok and p99 < LIMIT_S, floor=None, measured=p99, unit=unit),
    ]


async def _deliver(url: str, paid: Sequence[Paid]) -> list[Answer]:
    """Send each message at its own moment, as customers pay: not one after the other."""
    started = time.monotonic() + 0.5
    deliveries = (_send(url, each, started + n / PER_SECOND) for n, each in enumerate(paid))
    return list(await asyncio.gather(*deliveries))


async def _send(url: str, paid: Paid, at: float) -> Answer:
    await asyncio.sleep(max(0.0, at - time.monotonic()))
    connection = await load.connect(url)
    answer = await connection.ask(_request(paid.body))
    connection.close()
    return answer


def _request(body: bytes) -> bytes:
    stamp = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Stripe-Signature: t={stamp},v1={digest}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _pay(address: str, customer_ids: Sequence[UUID]) -> list[Paid]:
    """Begin a top-up for each customer and pay it at the stand-in, which is quick for this."""
    _control(address, "answer", ms=0)
    paid = [_pay_one(address, customer_id) for customer_id in customer_ids]
    _control(address, "answer", ms=int(ANSWER_S * 1000))
    return paid


def _pay_one(address: str, customer_id: UUID) -> Paid:
    asked = TopUpRequest(customer_id, "stripe", "checkout", CENTS, "bench@example.com")
    top_up: TopUp = start.start(asked, idempotency_key="bench", now=timezone.now())
    session = _control(address, "act/complete", session=top_up.object_id, how="pay")
    event = {
        "id": f"evt_{customer_id.hex}",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": session["id"], "payment_intent": session["payment_intent"]}},
    }
    return Paid(customer_id, json.dumps(event).encode())


def _control(address: str, path: str, **body: Any) -> dict[str, Any]:
    request = Request(f"{address}/_control/{path}", json.dumps(body).encode())  # noqa: S310 - our own
    with urlopen(request) as answer:  # noqa: S310
        return dict(json.load(answer))


@contextmanager
def _stand_in() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox", "--stripe-port", "0", "--stripe-key", KEY]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[1]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
