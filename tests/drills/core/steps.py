"""What may happen in a history, as plain values: customers by name, everything else by a number of its own.

A step names what it makes. Where a later step names something that was never made, because a shorter history
left its maker out, nothing happens.
"""

from dataclasses import dataclass

# Milliseconds, which is what a request id can say.
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Names no key: its digest belongs to nobody.
NOBODYS_KEY = -1


@dataclass(frozen=True)
class Bounds:
    input: int
    output: int
    web_search: int = 0


@dataclass(frozen=True)
class Wait:
    ms: int


@dataclass(frozen=True)
class Grant:
    """`effect` names the effect key; `lasts` is None for credit that does not expire."""

    effect: int
    who: str
    nanos: int
    lasts: int | None


@dataclass(frozen=True)
class Adjust:
    effect: int
    who: str
    nanos: int


@dataclass(frozen=True)
class Place:
    """`minted` is the time in the request id, as an offset to when the request is first heard of."""

    request: int
    key: int
    gateway: int
    model: str
    bounds: Bounds
    min_output: int | None
    ttl_s: int
    minted: int = 0


@dataclass(frozen=True)
class Extend:
    request: int
    gateway: int
    bounds: Bounds
    lasts: int


@dataclass(frozen=True)
class Release:
    request: int
    gateway: int


@dataclass(frozen=True)
class Usage:
    """One event; `counts` in the order input, output, cache read, cache write 5m and 1h, web search."""

    request: int
    key: int
    model: str
    counts: tuple[int | None, ...]
    outcome: str
    evidence: str
    minted: int = 0

    @property
    def body(self) -> tuple[object, ...]:
        """What tells a repetition from another body."""
        return self.request, self.key, self.model, self.counts, self.outcome, self.evidence


@dataclass(frozen=True)
class Report:
    """One call of a gateway; `unheld`: its token may report requests that had no hold."""

    gateway: int
    unheld: bool
    events: tuple[Usage, ...]


@dataclass(frozen=True)
class Settle:
    pass


@dataclass(frozen=True)
class CorrectCharges:
    """Judge the conflicts whose requests are charged."""


@dataclass(frozen=True)
class PriceLate:
    """Charge what only this price version prices and the charges' own did not."""

    price: int


@dataclass(frozen=True)
class ExpireHolds:
    pass


@dataclass(frozen=True)
class ExpireLots:
    pass


@dataclass(frozen=True)
class ForgetRefused:
    pass


@dataclass(frozen=True)
class Publish:
    pass


@dataclass(frozen=True)
class ReplayQuarantine:
    pass


@dataclass(frozen=True)
class AnswerByHand:
    """A person answers for every open quarantined event of a request."""

    request: int


@dataclass(frozen=True)
class CreateKey:
    key: int
    who: str
    lasts: int | None
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class RotateKey:
    key: int
    successor: int
    overlap: int


@dataclass(frozen=True)
class RestrictKey:
    key: int
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class RevokeKey:
    key: int


@dataclass(frozen=True)
class SetLimit:
    """`period`: day, week, month or total."""

    key: int
    nanos: int
    period: str


@dataclass(frozen=True)
class ClearLimit:
    key: int


@dataclass(frozen=True)
class TurnPeriods:
    pass


@dataclass(frozen=True)
class Freeze:
    who: str


@dataclass(frozen=True)
class Unfreeze:
    who: str


@dataclass(frozen=True)
class Close:
    who: str


@dataclass(frozen=True)
class ChangePrice:
    """`picos` per unit in the meters' order; `ahead` is when it takes effect, as an offset."""

    price: int
    model: str
    picos: tuple[int | None, ...]
    ahead: int


@dataclass(frozen=True)
class CutOffBelow:
    nanos: int


Step = (
    Wait
    | Grant
    | Adjust
    | Place
    | Extend
    | Release
    | Report
    | Settle
    | CorrectCharges
    | PriceLate
    | ExpireHolds
    | ExpireLots
    | ForgetRefused
    | Publish
    | ReplayQuarantine
    | AnswerByHand
    | CreateKey
    | RotateKey
    | RestrictKey
    | RevokeKey
    | SetLimit
    | ClearLimit
    | TurnPeriods
    | Freeze
    | Unfreeze
    | Close
    | ChangePrice
    | CutOffBelow
)
