"""Credit that comes, is corrected or lapses, and the threshold of the cut-off."""

from tests.drills.core.model.answers import Answer, Done, Failed
from tests.drills.core.model.wallets import BOUGHT, PROMOTIONAL, Entry
from tests.drills.core.model.world import World
from tests.drills.core.steps import Adjust, CutOffBelow, ExpireLots, Grant

MOST = 1_000_000 * 10**9


def grant(world: World, step: Grant) -> Answer:
    if not 0 < step.nanos <= MOST or (step.lasts is not None and step.lasts <= 0):
        return Failed("invalid")
    posted = _posted(world, step.who, step.effect, ("grant", step.nanos))
    if posted:
        return posted
    expires = None if step.lasts is None else world.now + step.lasts
    wallet = world.wallet(step.who)
    entry = wallet.enter("grant")
    wallet.add(entry, step.nanos, lot_kind=PROMOTIONAL, expires=expires, source="expense:promotion")
    return _post(world, step.who, step.effect, ("grant", step.nanos), entry)


def adjust(world: World, step: Adjust) -> Answer:
    """Up as bought credit, down at most what is available."""
    if not 0 < abs(step.nanos) <= MOST:
        return Failed("invalid")
    posted = _posted(world, step.who, step.effect, ("adjustment", step.nanos))
    if posted:
        return posted
    wallet = world.wallet(step.who)
    if -step.nanos > wallet.available:
        return Failed("invalid")
    entry = wallet.enter("adjustment")
    if step.nanos > 0:
        wallet.add(entry, step.nanos, lot_kind=BOUGHT, expires=None, source="equity:adjustment")
    else:
        wallet.take(entry, -step.nanos, to="equity:adjustment")
    return _post(world, step.who, step.effect, ("adjustment", step.nanos), entry)


def _posted(world: World, who: str, effect: int, content: tuple[str, int]) -> Answer | None:
    first = world.effects.get((who, effect))
    if first is None:
        return None
    return Done(value=False) if first == content else Failed("request_conflict")


def _post(world: World, who: str, effect: int, content: tuple[str, int], entry: Entry) -> Answer:
    world.effects[who, effect] = content
    world.close_books(who, entry=entry)
    return Done(value=True)


def expire_lots(world: World, _: ExpireLots) -> Answer:
    """What is over lapses, soonest first, as far as running holds leave it."""
    lapsed = 0
    for who, customer in world.customers.items():
        wallet = customer.wallet
        over = [(lot.expires, lot) for lot in wallet.lots if lot.expires is not None]
        for expires, lot in sorted(over, key=lambda pair: pair[0]):
            if expires <= world.now and lot.left and wallet.available:
                entry = wallet.enter("expiry")
                lapsed += wallet.take(entry, lot.left, to="revenue:expired_credit", only=lot)
                world.close_books(who, entry=entry)
    return Done(lapsed)


def cut_off_below(world: World, step: CutOffBelow) -> Answer:
    world.below = step.nanos
    changed = [world.close_books(who) for who in world.customers]
    return Done(sum(changed))
