"""Many histories from one seed; a history that deviates is told in its shortest form."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.drills.core.history import DeviationError
from tests.drills.core.recipes.dice import SeededDice
from tests.drills.core.recipes.next_step import draw
from tests.drills.core.setting import STARTS
from tests.drills.core.steps import Step
from tests.drills.core.theatre import Theatre

COMMIT_EVERY = 20
TELL_EVERY_S = 10.0
SHORTEN_WITHIN_S = 60.0


@dataclass(frozen=True)
class Violation:
    """`steps` is the shortest list that still deviates; `reason` what it deviates in."""

    seed: int
    history: int
    steps: tuple[Step, ...]
    reason: str

    def __str__(self) -> str:
        listed = "\n".join(f"  {number:3} {step}" for number, step in enumerate(self.steps, 1))
        where = f"seed {self.seed}, history {self.history}, {len(self.steps)} steps"
        return f"VIOLATION in {where}:\n{listed}\n{self.reason}"


@dataclass
class Run:
    """How many histories were told, how many steps were drawn in them, and what went wrong."""

    histories: int = 0
    steps: int = 0
    violations: list[Violation] = field(default_factory=list)


def run(theatre: Theatre, *, seed: int, histories: Sequence[int], steps: int, most: int = 5) -> Run:
    """Tell each history; stops after `most` violations."""
    done = Run()
    began = told = time.monotonic()
    for number in histories:
        taken, violation = _tell(theatre, seed=seed, number=number, steps=steps)
        done.histories += 1
        done.steps += taken
        if violation:
            done.violations.append(violation)
            _say(str(violation))
            if len(done.violations) >= most:
                break
        if time.monotonic() - told > TELL_EVERY_S:
            told = time.monotonic()
            pace = 1000 * (told - began) / done.steps
            _say(f"{done.histories} of {len(histories)} histories, {pace:.1f} ms a step")
    return done


def _tell(theatre: Theatre, *, seed: int, number: int, steps: int) -> tuple[int, Violation | None]:
    """Draw and take the steps of one history, each with an eye on where the model stands."""
    dice = SeededDice(f"{seed}/{number}")
    start = dice.pick(STARTS)
    commits = number % COMMIT_EVERY == COMMIT_EVERY - 1
    taken: list[Step] = []
    try:
        with theatre.history(start, commits=commits) as history:
            taken = history.taken
            for _ in range(steps):
                history.take(draw(dice, history.world))
            history.end()
    except DeviationError as deviation:
        _say(f"history {number} deviates after {len(taken)} steps; looking for its shortest form")
        shortest, reason = _shorten(theatre, start, taken, str(deviation))
        return min(len(taken), steps), Violation(seed, number, tuple(shortest), reason)
    return steps, None


def _shorten(theatre: Theatre, start: int, story: Sequence[Step], reason: str) -> tuple[list[Step], str]:
    """Leave out as many steps as there is time for, in ever smaller pieces, as long as the rest deviates."""
    shortest = list(story)
    size = len(shortest) // 2
    until = time.monotonic() + SHORTEN_WITHIN_S
    while size:
        position = 0
        while position < len(shortest) and time.monotonic() < until:
            shorter = shortest[:position] + shortest[position + size :]
            found = _deviation(theatre, start, shorter)
            if found:
                shortest, reason = found
            else:
                position += size
        size //= 2
    return shortest, reason


def _deviation(theatre: Theatre, start: int, story: Sequence[Step]) -> tuple[list[Step], str] | None:
    """The steps up to where this story deviates and in what; None where it does not."""
    taken: list[Step] = []
    try:
        with theatre.history(start) as history:
            taken = history.taken
            for step in story:
                history.take(step)
            history.end()
    except DeviationError as deviation:
        return taken, str(deviation)
    return None


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
