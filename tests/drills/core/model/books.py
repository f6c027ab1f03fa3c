"""What is to be stored, as rows of plain values that compare with the database's."""

from dataclasses import dataclass, fields

from tests.drills.core.model import keys
from tests.drills.core.model.prices import METERS
from tests.drills.core.model.world import World

Rows = list[tuple[object, ...]]


@dataclass
class Books:
    """Each field is a table; the rows of all customers, in an order that both sides can make."""

    wallets: Rows
    lots: Rows
    holds: Rows
    charges: Rows
    debts: Rows
    daily: Rows
    inbox: Rows
    quarantine: Rows
    conflicts: Rows
    journal: Rows
    counters: Rows
    key_states: Rows

    def differences(self, other: "Books") -> list[str]:
        """Where `other` differs from these, in words."""
        found = []
        for field in fields(self):
            ours, theirs = getattr(self, field.name), getattr(other, field.name)
            if ours != theirs:
                found += [f"{field.name}: missing {row}" for row in ours if row not in theirs]
                found += [f"{field.name}: surplus {row}" for row in theirs if row not in ours]
                found = found or [f"{field.name}: other order or number: {ours} not {theirs}"]
        return found


def of(world: World) -> Books:
    return Books(
        wallets=sorted(
            (who, w.balance, w.held, w.debt, w.cut_off, w.version, w.waits, world.customers[who].state)
            for who, w in ((who, customer.wallet) for who, customer in world.customers.items())
        ),
        lots=[
            (who, lot.kind, lot.amount, lot.left, lot.expires)
            for who in sorted(world.customers)
            for lot in world.wallet(who).lots
        ],
        holds=_holds(world),
        charges=_charges(world),
        debts=sorted((who, d.request, d.nanos, d.cause, d.gateway) for who, d in world.debts),
        daily=_daily(world),
        inbox=sorted((who, request, waiting.gateway) for (who, request), waiting in world.inbox.items()),
        quarantine=sorted(
            (k.usage.request, k.gateway, k.code, k.resolution) for k in world.quarantine.values()
        ),
        conflicts=_conflicts(world),
        journal=_journal(world),
        counters=sorted(
            (line.first, line.start, world.spent(line), world.held_of(line), line.cut_off)
            for line in world.lines.values()
        ),
        key_states=sorted((number, *keys.state_of(world, number)) for number in world.keys),
    )


def _holds(world: World) -> Rows:
    return [
        (
            *(who, hold.request, hold.gateway, hold.key, hold.model, hold.price, hold.state, hold.refusal),
            *(hold.amount, hold.available, *hold.bounds, hold.placed, hold.expires, hold.ended),
            *(hold.resumes, hold.period),
        )
        for who in sorted(world.customers)
        for _, hold in sorted(world.wallet(who).holds.items())
    ]


def _charges(world: World) -> Rows:
    """Charges and, under the request that they correct, corrections."""
    rows: Rows = []
    for (who, request), charge in world.charges.items():
        of = who, request, charge.gateway, charge.usage.key, charge.usage.model
        rows.append((*of, charge.price, charge.nanos, charge.set_aside, charge.unpriced or None, False))
        for each in world.corrections.get((who, request), []):
            rows.append((*of, each.price, each.nanos, None, each.unpriced or None, True))
    return sorted(rows, key=str)


def _daily(world: World) -> Rows:
    rows = sorted({(who, key, model, day) for who, key, model, day, _ in world.daily})
    return [(*row, *(world.daily[(*row, what)] for what in ("requests", *METERS, "nanos"))) for row in rows]


def _conflicts(world: World) -> Rows:
    kept = [
        (who, request, conflict.gateway, conflict.verdict)
        for (who, request, *_), conflict in world.conflicts.items()
    ]
    return sorted(kept, key=str)


def _journal(world: World) -> Rows:
    return sorted(
        (who, *movement, nanos)
        for who, customer in world.customers.items()
        for movement, nanos in customer.wallet.journal.items()
    )
