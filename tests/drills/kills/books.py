"""What the service's books say after the drill, held against what the gateway knows."""

import json
import subprocess
import sys
from dataclasses import dataclass

import psycopg

from config.stack.programs import ROOT
from tests.drills.kills.records import Records, Request
from tests.drills.kills.world import World

# A correction counts for the request that it corrects.
CHARGES = """
    select coalesce(corrects, request_id)::text, sum(amount_nanos)::bigint from charge group by 1
"""
HOLDS = "select request_id::text, state, amount_nanos from hold"
WALLETS = """
    select users.email, wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos,
           (select coalesce(sum(amount_nanos), 0)::bigint from charge
             where charge.customer_id = wallet.customer_id) as charged_nanos,
           (select count(*) from ledger_transaction posted
             where posted.customer_id = wallet.customer_id and posted.effect_key like 'grant:%')
      from wallet
      join membership on membership.customer_id = wallet.customer_id and membership.role = 'owner'
      join app_user users on users.id = membership.user_id
"""
WAITING = "select count(*) from usage_event"
UNJUDGED = "select count(*) from usage_conflict where verdict is null"
OPEN = "select count(*) from hold where state = 'open'"
OVERDUE = "select count(*) from hold where state = 'open' and expires_at <= now()"
QUARANTINED = "select request_id, code, detail from quarantined_event where resolved_at is null"


@dataclass(frozen=True, slots=True)
class Comparison:
    charged_nanos: int
    expected_nanos: int
    differences: list[str]


def waiting(world: World) -> int | None:
    """How many events are not settled yet; None where the database does not answer."""
    return _count(world, WAITING)


def unjudged(world: World) -> int | None:
    """How many conflicts may still correct a charge; None where the database does not answer."""
    return _count(world, UNJUDGED)


def open_holds(world: World) -> int | None:
    """How many holds have not ended; None where the database does not answer."""
    return _count(world, OPEN)


def overdue(world: World) -> int | None:
    """How many holds are open past their expiry; None where the database does not answer."""
    return _count(world, OVERDUE)


def compare(world: World, records: Records) -> Comparison:
    """Hold charges, holds, wallets and grants against the gateway's records, and run the audit."""
    charged = dict(world.ask(CHARGES))
    expected = records.charged
    differences = [
        *of_charges(charged, expected),
        *_of_holds(world, records),
        *_of_wallets(world, records),
        *(f"quarantined: {row}" for row in world.ask(QUARANTINED)),
        *_of_audit(world),
    ]
    return Comparison(sum(charged.values()), sum(expected.values()), differences)


def of_charges(charged: dict[str, int], expected: dict[str, int]) -> list[str]:
    found = [f"{lost}: acknowledged and not charged" for lost in expected.keys() - charged.keys()]
    found += [f"{extra}: charged and never reported" for extra in charged.keys() - expected.keys()]
    found += [
        f"{request_id}: charged {charged[request_id]}, expected {nanos}"
        for request_id, nanos in expected.items()
        if charged.get(request_id, nanos) != nanos
    ]
    return found


def _of_holds(world: World, records: Records) -> list[str]:
    holds = {request_id: (state, nanos) for request_id, state, nanos in world.ask(HOLDS)}
    found = [f"{extra}: held and never asked for" for extra in holds.keys() - records.requests.keys()]
    for request in records.requests.values():
        found += of_hold(request, holds.get(request.request_id))
    return found


def of_hold(request: Request, stored: tuple[str, int] | None) -> list[str]:
    name = f"hold of {request.request_id} ({request.order.story.value})"
    if stored is None:
        return [f"{name}: acknowledged and not stored"] if request.ends_as else []
    state, nanos = stored
    if state not in request.ends_as:
        return [f"{name}: is {state}, expected {' or '.join(sorted(request.ends_as)) or 'none'}"]
    if request.held_nanos is not None and nanos != request.held_nanos:
        return [f"{name}: {nanos} nanos, acknowledged {request.held_nanos}"]
    return []


def _of_wallets(world: World, records: Records) -> list[str]:
    found = []
    wallets = world.ask(WALLETS)
    first = {person.email: person.granted_nanos for person in world.people}
    for email, balance, held, debt, charged, _ in wallets:
        granted = first[email] + records.granted_nanos[email]
        if granted + debt != charged + balance:
            found.append(f"{email}: granted {granted} + debt {debt} != charged {charged} + balance {balance}")
        if held:
            found.append(f"{email}: {held} nanos are held and no request runs")
    posted, given = sum(row[-1] for row in wallets), records.grants + sum(map(bool, first.values()))
    if posted != given:
        found.append(f"{posted} grants posted, {given} given")
    return found


def _of_audit(world: World) -> list[str]:
    command = [sys.executable, "manage.py", "audit", "--json"]
    printed = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=world.stack.environ, stdout=subprocess.PIPE, check=False
    ).stdout
    try:
        report = json.loads(printed)
    except ValueError:
        return ["the audit did not run to its end"]
    return [
        f"audit: {invariant['name']}: {sample}"
        for invariant in report["invariants"]
        for sample in invariant["samples"]
    ]


def _count(world: World, query: str) -> int | None:
    try:
        count: int = world.ask(query)[0][0]
    except psycopg.OperationalError:
        return None
    return count
