"""Where a recipe's choices come from: a seed, or hypothesis."""

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Dice(Protocol):
    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first ones are the plain ones."""
        ...

    def number(self, low: int, high: int) -> int: ...


class SeededDice:
    """The same seed draws the same choices on every machine."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)


def chance(dice: Dice, percent: int) -> bool:
    return dice.number(1, 100) > 100 - percent
