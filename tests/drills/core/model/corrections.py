"""What is charged after the fact: counts that better evidence gives, meters that had no price before."""

from tests.drills.core.model.answers import Answer, Done, Skipped
from tests.drills.core.model.posting import Change, difference, post, standing
from tests.drills.core.model.prices import METERS
from tests.drills.core.model.wallets import Entry
from tests.drills.core.model.world import Conflict, World
from tests.drills.core.steps import CorrectCharges, PriceLate

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
        request = who, conflict.usage.request
        changes = difference(world, request, _told(world, who, conflict))
        conflict.verdict = "corrected" if changes else "confirmed"
        if changes:
            last_entries[who] = post(world, request, changes)
            corrected += 1
    changed = [world.close_books(who, entry=entry) for who, entry in last_entries.items()]
    return Done((len(judged), corrected, any(changed)))


def _is_better(world: World, who: str, conflict: Conflict) -> bool:
    """Reported where it was not, by the same gateway, of the same key and model, and the first such."""
    usage, charge = conflict.usage, world.charges[who, conflict.usage.request]
    is_same = (conflict.gateway, usage.key, usage.model) == (
        *(charge.gateway, charge.usage.key),
        charge.usage.model,
    )
    is_answered = any(
        other.verdict in ANSWERS
        for (owner, request, *_), other in world.conflicts.items()
        if (owner, request) == (who, usage.request)
    )
    is_better = usage.evidence == "reported" and charge.usage.evidence != "reported"
    return is_same and is_better and not is_answered


def _told(world: World, who: str, conflict: Conflict) -> dict[int, list[int]]:
    """The new counts at the charge's price; a meter that was priced late keeps its late price."""
    usage = conflict.usage
    own = world.charges[who, usage.request].price
    target = {own: [count or 0 for count in usage.counts]}
    for price, (counts, _) in standing(world, (who, usage.request)).items():
        if price != own:
            target[price] = [0] * len(METERS)
            for meter in (meter for meter, count in enumerate(counts) if count):
                target[price][meter], target[own][meter] = target[own][meter], 0
    return target


def price_late(world: World, step: PriceLate) -> Answer:
    """How many requests changed, by how many nanos and of how many units, and whether key states changed."""
    price = world.prices.by_number.get(step.price)
    if price is None:
        return Skipped()
    changes: dict[tuple[str, int], list[Change]] = {}
    for request, charge in world.charges.items():
        if charge.usage.model == price.model:
            found = difference(world, request, _moved(world, request, step.price))
            if found:
                changes[request] = found

    last_entries: dict[str, Entry] = {}
    # As they were charged, and where that was at once, as they were minted.
    for request in sorted(changes, key=lambda key: (world.charges[key].at, world.minted[key[1]], key[1])):
        last_entries[request[0]] = post(world, request, changes[request])
    changed = [world.close_books(who, entry=entry) for who, entry in last_entries.items()]
    every = [change for found in changes.values() for change in found]
    units = sum(sum(change.counts) for change in every if change.price == step.price)
    return Done((len(changes), sum(change.nanos for change in every), units, any(changed)))


def _moved(world: World, request: tuple[str, int], late: int) -> dict[int, list[int]]:
    """Where the request would stand with what only the late version prices at that version."""
    now = standing(world, request)
    target = {price: list(counts) for price, (counts, _) in now.items()}
    for price, (counts, _) in now.items():
        for meter, count in enumerate(counts):
            known, priced = (world.prices.by_number[number].of(meter) for number in (price, late))
            if count and priced and not known:
                target[price][meter] = 0
                target.setdefault(late, [0] * len(METERS))[meter] += count
    return target
