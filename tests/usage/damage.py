"""What a planted damage is."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Damage:
    invariant: str
    sql: str
    also: frozenset[str] = frozenset()
    after: timedelta = timedelta(0)


def damage(invariant: str, sql: str, *also: str, after: timedelta = timedelta(0)) -> Damage:
    return Damage(invariant, sql, frozenset(also), after)
