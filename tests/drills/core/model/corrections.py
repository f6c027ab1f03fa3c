"""Better evidence: the first reported body after an estimate corrects what was charged, once."""

from tests.drills.core.model import limits
from tests.drills.core.model.answers import Answer, Done
from tests.drills.core.model.prices import METERS
from tests.drills.core.model.wallets import BOUGHT, PROMOTIONAL, Entry, Lot, Wallet
from tests.drills.core.model.world import Charge, Conflict, Correction, Debt, World
from tests.drills.core.steps import CorrectCharges

ANSWERS = ("corrected", "confirmed")


def correct(world: World, _: CorrectCharges) -> Answer:
    """How many conflicts were judged, how many of them corrected a charge, and whether key states changed."""
    judged = [
        (who, conflict)
        for (who, request, *_), conflict in world.conflicts.items()
        if conflict.verdict is None and (who, request) in world.charges
    ]
    last_entries: dict[str, Entry | None] = {who: None for who, _ in judged}
    corrected = 0
    for who, conflict in judged:
        if not _is_better(world, who, conflict):
            conflict.verdict = "left"
            continue
        correction = _difference(world, who, conflict)
        conflict.verdict = "corrected" if correction else "confirmed"
        if correction:
            last_entries[who] = _post(world, who, conflict.usage.request, correction)
            corrected += 1
    changed = [world.close_books(who, entry=entry) for who, entry in last_entries.items()]
    return Done((len(judged), corrected, any(changed)))


def _is_better(world: World, who: str, conflict: Conflict) -> bool:
    """Reported where it was not, by the same gateway, of the same key and model, and the first such."""
    usage = conflict.usage
    charge = world.charges[who, usage.request]
    is_same = (conflict.gateway, usage.key, usage.model) == (
        charge.gateway,
        charge.usage.key,
        charge.usage.model,
    )
    is_answered = any(
        other.verdict in ANSWERS
        for (owner, request, *_), other in world.conflicts.items()
        if (owner, request) == (who, usage.request)
    )
    return (
        is_same and usage.evidence == "reported" and charge.usage.evidence != "reported" and not is_answered
    )


def _difference(world: World, who: str, conflict: Conflict) -> Correction | None:
    charge = world.charges[who, conflict.usage.request]
    price = world.prices.by_number[charge.price]
    counts = tuple(
        None if new is None and old is None else (new or 0) - (old or 0)
        for new, old in zip(conflict.usage.counts, charge.usage.counts, strict=True)
    )
    nanos = price.cost(conflict.usage.counts) - charge.nanos
    return Correction(counts, nanos, price.unpriced(counts)) if nanos or any(counts) else None


def _post(world: World, who: str, request: int, correction: Correction) -> Entry:
    """Debit what is missing, as debt where credit is short, or give back what was too much."""
    wallet, charge = world.wallet(who), world.charges[who, request]
    world.corrections[who, request] = correction
    entry = wallet.enter("correction")
    if correction.nanos > 0:
        short = correction.nanos - wallet.take(entry, correction.nanos, to="revenue:usage")
        if short:
            wallet.owe(entry, short, to="revenue:usage")
            world.debts.append((who, Debt(request, short, "correction", charge.gateway)))
    elif correction.nanos < 0:
        _give_back(wallet, entry, charge.entry, -correction.nanos)
    _add_up(world, who, charge, correction)
    return entry


def _give_back(wallet: Wallet, entry: Entry, spent: Entry, nanos: int) -> None:
    """To lots like those that the charge's transaction spent last, less what came back before."""
    skipped, left = spent.given_back, nanos
    spent.given_back += nanos
    has_bought = any(lot.kind == BOUGHT for lot in wallet.lots)
    for lot, taken in _latest_first(wallet, spent):
        skip = min(skipped, taken)
        skipped -= skip
        part = min(left, taken - skip)
        left -= part
        if part:
            wallet.add(entry, part, lot_kind=lot.kind, expires=lot.expires, source="revenue:usage")
    if left:
        kind = BOUGHT if has_bought else PROMOTIONAL
        wallet.add(entry, left, lot_kind=kind, expires=None, source="revenue:usage")


def _latest_first(wallet: Wallet, spent: Entry) -> list[tuple[Lot, int]]:
    """What the transaction took from each lot, in the reverse of the order in which lots give."""
    taken: dict[int, int] = {}
    lots = {id(lot): lot for lot, _ in spent.taken}
    for lot, nanos in spent.taken:
        taken[id(lot)] = taken.get(id(lot), 0) + nanos
    ordered = sorted(lots.values(), key=wallet.giving_order, reverse=True)
    return [(lot, taken[id(lot)]) for lot in ordered]


def _add_up(world: World, who: str, charge: Charge, correction: Correction) -> None:
    usage = charge.usage
    totals = {"nanos": correction.nanos} | {m: n or 0 for m, n in zip(METERS, correction.counts, strict=True)}
    for what, number in totals.items():
        world.daily[who, usage.key, usage.model, charge.day, what] += number
    line = world.line_of(usage.key)
    if line:
        limits.roll(line, charge.day)
