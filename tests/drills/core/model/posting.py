"""Where a charged request stands, and how a correction of it is posted."""

from dataclasses import dataclass

from tests.drills.core.model import limits
from tests.drills.core.model.prices import METERS
from tests.drills.core.model.wallets import BOUGHT, PROMOTIONAL, Entry, Lot, Wallet
from tests.drills.core.model.world import Correction, Debt, Request, World


@dataclass(frozen=True)
class Change:
    """What a correction changes at one price: differences."""

    price: int
    counts: tuple[int, ...]
    nanos: int


def standing(world: World, request: Request) -> dict[int, tuple[list[int], int]]:
    """The counts and nanos of a charge with all its corrections, by price."""
    charge = world.charges[request]
    stands = {charge.price: ([count or 0 for count in charge.usage.counts], charge.nanos)}
    for correction in world.corrections.get(request, []):
        counts, nanos = stands.get(correction.price, ([0] * len(METERS), 0))
        added = [old + new for old, new in zip(counts, correction.counts, strict=True)]
        stands[correction.price] = added, nanos + correction.nanos
    return stands


def difference(world: World, request: Request, target: dict[int, list[int]]) -> list[Change]:
    """What brings a request to `target`, by price; nothing where it stands there."""
    now = standing(world, request)
    changes = []
    for price in sorted(now.keys() | target.keys()):
        counts, nanos = now.get(price, ([0] * len(METERS), 0))
        wanted = target.get(price, [0] * len(METERS))
        added = tuple(new - old for new, old in zip(wanted, counts, strict=True))
        cost = world.prices.by_number[price].cost(wanted) - nanos
        if cost or any(added):
            changes.append(Change(price, added, cost))
    return changes


def post(world: World, request: Request, changes: list[Change]) -> Entry:
    """Debit what is missing, as debt where credit is short, or give back what was too much."""
    who = request[0]
    wallet, charge = world.wallet(who), world.charges[request]
    entry = wallet.enter("correction")
    for change in changes:
        unpriced = world.prices.by_number[change.price].unpriced(change.counts)
        world.corrections.setdefault(request, []).append(
            Correction(change.price, change.counts, change.nanos, unpriced)
        )
        for what, number in zip((*METERS, "nanos"), (*change.counts, change.nanos), strict=True):
            world.daily[who, charge.usage.key, charge.usage.model, charge.day, what] += number
    _move(world, request, changes, entry)
    line = world.line_of(charge.usage.key)
    if line:
        limits.roll(line, charge.day)
    return entry


def _move(world: World, request: Request, changes: list[Change], entry: Entry) -> None:
    wallet, charge = world.wallet(request[0]), world.charges[request]
    nanos = sum(change.nanos for change in changes)
    if nanos < 0:
        _give_back(wallet, entry, charge.entry, -nanos)
        return
    charge.entry.corrected_by.append(entry)
    short = nanos - wallet.take(entry, nanos, to="revenue:usage")
    for change in changes:
        part = min(short, max(0, change.nanos))
        if part:
            wallet.owe(entry, part, to="revenue:usage")
            world.debts.append((request[0], Debt(request[1], part, "correction", charge.gateway)))
            short -= part


def _give_back(wallet: Wallet, entry: Entry, spent: Entry, nanos: int) -> None:
    """To the lots that the charge's transaction spent last, less what came back before."""
    spent.corrected_by.append(entry)
    has_bought = any(lot.kind == BOUGHT for lot in wallet.lots)
    left = nanos
    for lot, taken in _latest_first(wallet, spent):
        part = min(left, taken)
        left -= part
        wallet.give_back(entry, part, lot, source="revenue:usage")
    if left:
        kind = BOUGHT if has_bought else PROMOTIONAL
        wallet.add(entry, left, lot_kind=kind, expires=None, source="revenue:usage")


def _latest_first(wallet: Wallet, spent: Entry) -> list[tuple[Lot, int]]:
    """What the transaction has of each lot, in the reverse of the order in which lots give."""
    lots = {id(lot): lot for entry in (spent, *spent.corrected_by) for lot, _ in entry.taken}
    taken = {
        number: sum(
            nanos for entry in (spent, *spent.corrected_by) for lot, nanos in entry.taken if id(lot) == number
        )
        for number in lots
    }
    ordered = sorted(lots.values(), key=wallet.giving_order, reverse=True)
    return [(lot, taken[id(lot)]) for lot in ordered if taken[id(lot)] > 0]
