"""Reading published key states in order, from a position that the reader remembers."""

from dataclasses import dataclass
from typing import Any

from billing import sql
from billing.errors import PositionGone

NEWEST = "select coalesce(max(position), 0) as position from key_event"
NEXT = "select position, state from key_event where position > %s order by position limit %s"

PAGE = 1000


@dataclass(frozen=True, slots=True)
class PositionedState:
    position: int
    state: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"position": self.position, **self.state}


@dataclass(frozen=True, slots=True)
class Page:
    """States after a position; `position` is where the reader goes on."""

    position: int
    events: tuple[PositionedState, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"position": self.position, "events": [event.as_json() for event in self.events]}


def read(position: int | None) -> Page:
    """The next events after `position`; without one, where the newest is, for a reader that starts."""
    return Page(newest()) if position is None else after(position)


def newest() -> int:
    """The position of the newest event, 0 before the first."""
    position: int = sql.fetch(NEWEST)[0].position
    return position


def after(position: int, *, limit: int = PAGE) -> Page:
    """The next events after `position`, at most `limit`.

    Raises `PositionGone` where some of them are not kept any more, or where `position` was never given out.
    """
    if position > newest():
        raise PositionGone("this position was never given out; load all states again")

    rows = sql.fetch(NEXT, [position, limit])
    if not rows:
        return Page(position)
    events = tuple(PositionedState(row.position, row.state) for row in rows)
    if [event.position for event in events] != list(range(position + 1, position + 1 + len(events))):
        raise PositionGone("events after this position are not kept any more; load all states again")
    return Page(events[-1].position, events)
