"""Reports within, at and above bounds, after a hold's end, without one, twice, with other bodies."""

from dataclasses import replace

from tests.drills.core.model.wallets import Hold
from tests.drills.core.model.world import Charge, Waiting, World
from tests.drills.core.recipes import holds
from tests.drills.core.recipes.dice import Dice, chance
from tests.drills.core.setting import GATEWAYS, RAGGED, STEADY
from tests.drills.core.steps import AnswerByHand, Report, Usage

Counts = tuple[int | None, ...]

OUTCOMES = ("completed", "client_gone", "upstream_error", "timeout", "gateway_lost")
EVIDENCE = ("reported", "estimated", "partial", "estimated")
SHARES = (100, 50, 1, 0)
IMPOSSIBLE: tuple[Counts, ...] = ((None,) * 6, (1, 1_000_000_001, None, None, None, None))


def report(dice: Dice, world: World) -> Report:
    gateway = dice.pick(GATEWAYS)
    unheld = chance(dice, 80)
    events: dict[int, Usage] = {}
    for _ in range(dice.pick((1, 1, 2, 3))):
        usage = _usage(dice, world, gateway)
        # Two bodies of one request in a call would be quarantined in an order that nobody promises.
        events.setdefault(usage.request, usage)
    batch = list(events.values())
    if chance(dice, 8):
        batch.append(batch[0])
    elif unheld and chance(dice, 8):
        batch += [_other_body(dice, usage) for usage in batch[:1] if _is_clean(world, usage)]
    return Report(gateway, unheld, tuple(batch))


def answer_by_hand(dice: Dice, world: World) -> AnswerByHand:
    waiting = [kept.usage.request for kept in world.quarantine.values() if not kept.resolution]
    return AnswerByHand(dice.pick(waiting) if waiting else 0)


def _usage(dice: Dice, world: World, gateway: int) -> Usage:
    kind = dice.number(1, 100)
    reports: list[Waiting | Charge] = [*world.inbox.values(), *world.charges.values()]
    known = [told.usage for told in reports if told.gateway == gateway or kind == 100]
    guessed = [usage for usage in known if usage.evidence != "reported"]
    if kind > 85 and known:
        return _known_again(dice, dice.pick(guessed if guessed and chance(dice, 60) else known))
    reported = {told.usage.request for told in reports}
    new = [hold for hold in holds.held(world) if hold.request not in reported]
    running = [h for h in new if h.state == "open" and (h.gateway == gateway or kind < 25)]
    if kind > 22 and running:
        return _of_hold(dice, world, dice.pick(running))
    ended = [hold for hold in new if hold.state in ("released", "expired")]
    if kind > 14 and ended:
        return _of_hold(dice, world, dice.pick(ended))
    if 10 < kind < 15 and holds.held(world):
        return _of_hold(dice, world, dice.pick(holds.held(world)))
    return _without_hold(dice, world)


def _known_again(dice: Dice, usage: Usage) -> Usage:
    return usage if chance(dice, 35) else _other_body(dice, usage)


def _other_body(dice: Dice, usage: Usage) -> Usage:
    """Another body for a request that was reported: other counts, better or worse evidence."""
    counts = tuple(count if count is None else min(count + 3, 1_000_000_000) for count in usage.counts)
    fewer = tuple(count if count is None else count // 2 for count in usage.counts)
    others = (
        replace(usage, counts=counts, evidence="reported"),
        replace(usage, counts=fewer, evidence="reported"),
        replace(usage, counts=counts, evidence="estimated"),
        replace(usage, outcome="timeout" if usage.outcome != "timeout" else "completed"),
    )
    return dice.pick([other for other in others if other.body != usage.body])


def _of_hold(dice: Dice, world: World, hold: Hold) -> Usage:
    who = next(who for who, customer in world.customers.items() if hold in customer.wallet.holds.values())
    own = [number for number, key in world.keys.items() if key.who == who]
    return Usage(
        request=hold.request,
        key=dice.pick(own) if chance(dice, 5) else hold.key,
        model=holds.pick_model(dice) if chance(dice, 4) else hold.model,
        counts=_counts(dice, hold),
        outcome=dice.pick(OUTCOMES),
        evidence=dice.pick(EVIDENCE),
    )


def _without_hold(dice: Dice, world: World) -> Usage:
    searches = dice.pick((1, 3)) if chance(dice, 30) else None
    counts: Counts = (dice.pick(holds.INPUTS), dice.pick(holds.OUTPUTS), None, None, None, searches)
    model = holds.pick_model(dice)
    return Usage(
        request=holds.new_request(dice, world),
        key=holds.pick_key(dice, world),
        model=model,
        counts=dice.pick(IMPOSSIBLE) if chance(dice, 5) else counts,
        outcome=dice.pick(OUTCOMES),
        evidence=dice.pick(EVIDENCE),
        minted=holds.minted(dice, world, model),
    )


def _counts(dice: Dice, hold: Hold) -> Counts:
    """Within the bounds, exactly at them, or above; input in the dearest or the cheapest way."""
    tokens_in, out, searches = hold.bounds
    most_input = tokens_in + searches * 10_000
    if chance(dice, 25):
        out += dice.pick((1, 700, 5000))
    else:
        out = out * dice.pick(SHARES) // 100
    if chance(dice, 12):
        searches += 1
    if hold.model != RAGGED:
        return tokens_in, out, None, None, None, searches or None
    parts: list[int | None] = [0 if chance(dice, 50) else None for _ in range(4)]
    parts[dice.number(0, 3)] = most_input
    if most_input > 10 and chance(dice, 40):
        parts = [most_input - 7, 3, 3, 1]
    return parts[0], out, parts[1], parts[2], parts[3], searches or None


def _is_clean(world: World, usage: Usage) -> bool:
    """Whether nothing keeps any body of this request from the inbox."""
    known = [*world.inbox, *world.charges]
    is_heard_of = usage.request in world.minted and world.is_recent(usage.request)
    if usage.request in [request for _, request in known]:
        # Two conflicts of one call have no first one among them.
        return False
    is_sound = usage.key in world.keys and usage.model == STEADY and usage.counts not in IMPOSSIBLE
    return is_heard_of and is_sound
