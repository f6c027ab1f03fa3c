"""Settling the inbox: charges, holds that end, one debit for each customer, debts with their causes."""

from dataclasses import dataclass

from tests.drills.core.model import limits
from tests.drills.core.model.answers import Answer, Done
from tests.drills.core.model.prices import METERS, Price
from tests.drills.core.model.wallets import Entry, Hold
from tests.drills.core.model.world import DAY, Charge, Debt, Quarantined, Waiting, World
from tests.drills.core.steps import Settle


@dataclass
class Due:
    """A request that is charged now; `hold` whatever its state was, `set_aside` where it was open."""

    request: int
    nanos: int
    gateway: int
    hold: Hold | None
    set_aside: int | None

    @property
    def excess(self) -> int:
        return max(0, self.nanos - (self.set_aside or 0))

    @property
    def cause(self) -> str:
        if self.set_aside is not None:
            return "above_bounds"
        return "hold_ended" if self.hold and self.hold.state != "refused" else "no_hold"


def settle(world: World, _: Settle) -> Answer:
    """How many events left the inbox, how many became charges, and whether key states changed."""
    batch, world.inbox = world.inbox, {}
    charged: dict[str, list[Due]] = {who: [] for who, _ in batch}
    entries: dict[str, Entry] = {}
    for (who, request), waiting in batch.items():
        due = _charge(world, who, request, waiting, entries)
        if due:
            charged[who].append(due)

    changed = False
    for who, dues in charged.items():
        if dues:
            _debit(world, who, dues, entries[who])
        changed |= world.close_books(who, entry=entries.get(who))
    return Done((len(batch), sum(map(len, charged.values())), changed))


def _charge(world: World, who: str, request: int, waiting: Waiting, entries: dict[str, Entry]) -> Due | None:
    """Charge an event once for life, or say why not."""
    hold = world.wallet(who).holds.get(request)
    pins = hold if hold and hold.state != "refused" else None
    if pins and pins.gateway != waiting.gateway:
        _keep(world, waiting, "other_gateway")
        return None
    price = _price(world, waiting, pins)
    if price is None:
        _keep(world, waiting, "no_price")
        return None

    first = world.charges.get((who, request))
    if first:
        if first.usage.body != waiting.usage.body:
            world.keep_conflict(who, waiting.usage, waiting.gateway)
        return None

    nanos = price.cost(waiting.usage.counts)
    set_aside = hold.amount if hold and hold.state == "open" else None
    due = Due(request, nanos, waiting.gateway, hold, set_aside)
    world.charges[who, request] = Charge(
        usage=waiting.usage,
        gateway=waiting.gateway,
        price=price.number,
        nanos=nanos,
        set_aside=set_aside,
        unpriced=price.unpriced(waiting.usage.counts),
        day=world.minted[request] // DAY,
        entry=entries.setdefault(who, Entry("usage")),
        at=world.now,
    )
    line = world.line_of(waiting.usage.key)
    if line:
        limits.roll(line, world.minted[request] // DAY)
    _add_up(world, who, waiting, nanos)
    return due


def _price(world: World, waiting: Waiting, pins: Hold | None) -> Price | None:
    """The price its hold has pinned, else the one in force at the time in the request's id."""
    if pins and pins.model == waiting.usage.model:
        return world.prices.by_number[pins.price]
    return world.prices.in_force(waiting.usage.model, world.minted[waiting.usage.request])


def _debit(world: World, who: str, dues: list[Due], entry: Entry) -> None:
    """Holds end first; what free credit does not cover is debt of what went above, latest first."""
    wallet = world.wallet(who)
    for due in dues:
        if due.hold and due.set_aside is not None:
            wallet.end(due.hold, "settled", now=world.now)
    total = sum(due.nanos for due in dues)
    short = total - wallet.take(entry, total, to="revenue:usage")
    for due in sorted(dues, key=lambda due: (world.minted[due.request], due.request), reverse=True):
        part = min(short, due.excess)
        if part:
            wallet.owe(entry, part, to="revenue:usage")
            world.debts.append((who, Debt(due.request, part, due.cause, due.gateway)))
            short -= part
    assert short == 0, "credit of other holds was used"


def _add_up(world: World, who: str, waiting: Waiting, nanos: int) -> None:
    usage = waiting.usage
    day = world.minted[usage.request] // DAY
    totals = {"requests": 1, "nanos": nanos} | {m: n or 0 for m, n in zip(METERS, usage.counts, strict=True)}
    for what, number in totals.items():
        world.daily[who, usage.key, usage.model, day, what] += number


def _keep(world: World, waiting: Waiting, code: str) -> None:
    """Into quarantine; an event that came from there and fails again is open again."""
    kept = world.quarantine.get((waiting.usage.body, waiting.gateway))
    if kept:
        kept.code, kept.resolution = code, ""
    else:
        world.quarantine[waiting.usage.body, waiting.gateway] = Quarantined(
            waiting.usage, waiting.gateway, unheld=True, code=code, received=waiting.received, is_row=True
        )
