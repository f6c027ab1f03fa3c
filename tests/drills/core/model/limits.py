"""Spending limits: a line of rotated keys spends one limit together, in days, weeks, months or for good.

What is spent and held is worked out anew from charges and holds; only where the period began is kept.
"""

from datetime import date, timedelta

from tests.drills.core.model.answers import Answer, Done, Failed, Skipped
from tests.drills.core.model.world import DAY, Line, World
from tests.drills.core.steps import ClearLimit, SetLimit, TurnPeriods

MOST = 1_000_000 * 10**9
_FIRST_DAY = date(1970, 1, 1)


def start_of(period: str, day: int) -> int:
    """The first day of the period in which a day lies; days count from 1970."""
    moment = _FIRST_DAY + timedelta(days=day)
    if period == "week":
        return day - moment.weekday()
    if period == "month":
        return day - moment.day + 1
    return day if period == "day" else 0


def end_of(line: Line) -> int | None:
    """The moment at which the period that has begun is over; None where it never is."""
    if line.period == "total":
        return None
    lengths = {"day": 1, "week": 7, "month": 31}
    return start_of(line.period, line.start + lengths[line.period]) * DAY


def resumes(world: World, line: Line) -> int | None:
    """When a reached limit lets keys work again: never where the whole limit is below the cut-off."""
    return None if line.nanos < world.below else end_of(line)


def is_over(world: World, line: Line) -> bool:
    until = resumes(world, line)
    return until is not None and until <= world.now


def left(world: World, line: Line) -> int:
    """What a hold may still set aside."""
    if line.cut_off is not None:
        return 0
    return max(0, line.nanos - max(0, world.spent(line)) - world.held_of(line))


def roll(line: Line, day: int) -> None:
    start = start_of(line.period, day)
    if start > line.start:
        line.start, line.cut_off, line.has_turned = start, None, True


def set_limit(world: World, step: SetLimit) -> Answer:
    """What the line has spent since the period began counts, and so do its running holds."""
    key = world.keys.get(step.key)
    if key is None:
        return Skipped()
    if not 0 <= step.nanos <= MOST:
        return Failed("invalid")
    first = key.first
    before = world.lines.get(first)
    days = [world.now // DAY, *(charge.day for charge in world.charges_of(first))]
    line = Line(first, step.nanos, step.period, start_of(step.period, max(days)))
    if before:
        line.cut_off, line.was_cut_off = before.cut_off, before.cut_off is not None
    world.lines[first] = line
    for hold in world.running_holds_of(first):
        hold.period = line.start
    world.close_books(key.who, touched=True)
    return Done()


def clear_limit(world: World, step: ClearLimit) -> Answer:
    key = world.keys.get(step.key)
    if key is None:
        return Skipped()
    world.lines.pop(key.first, None)
    for hold in world.running_holds_of(key.first):
        hold.period = None
    world.close_books(key.who, touched=True)
    return Done()


def turn_periods(world: World, _: TurnPeriods) -> Answer:
    """Keys that were cut off for a period that is over work again; all periods of their customers turn."""
    turned = 0
    for who in world.customers:
        lines = world.lines_of(who)
        ends = [end_of(line) for line in lines if line.cut_off is not None]
        if any(end is not None and end <= world.now for end in ends):
            for line in lines:
                roll(line, world.now // DAY)
            world.close_books(who)
            turned += 1
    return Done(turned)
