"""One history: each step predicted, taken and compared, answers and stored books alike; then the audit.

A history runs in one transaction that is rolled back, with the services' own as savepoints inside: the next
one starts from the same rows at no cost. What only a COMMIT does is made up for: deferred constraints are
checked at the end, and every twentieth history commits each step for real (see `drill`, `theatre`). Races
between transactions are the business of tests/concurrency and of the kill drill.
"""

from dataclasses import dataclass, field

from django.db import DatabaseError, connection

from billing import sql
from tests.drills.core import setting, steps
from tests.drills.core.model import books
from tests.drills.core.model.prediction import predict
from tests.drills.core.model.world import World
from tests.drills.core.service import keys
from tests.drills.core.service.performance import perform
from tests.drills.core.service.scene import Scene
from tests.drills.core.service.stage import Stage
from tests.drills.core.service.stored import Reader, cached_key_state
from tests.drills.core.steps import SECOND, Step
from usage.audit import run

# Nothing may be left waiting when the whole audit looks.
FINALE = (
    steps.Settle(),
    steps.CorrectCharges(),
    steps.ExpireHolds(),
    steps.ExpireLots(),
    steps.ForgetRefused(),
    steps.TurnPeriods(),
    steps.Publish(),
)


class DeviationError(AssertionError):
    """The service did not do what the model said."""


@dataclass
class History:
    stage: Stage
    start: int
    taken: list[Step] = field(default_factory=list)
    has_deviated: bool = False

    def __post_init__(self) -> None:
        self.world: World = setting.world(self.start)
        self._scene = Scene(self.stage, self.start)
        self._reader = Reader(self.stage)

    def take(self, step: Step) -> None:
        """Take one step; raises `DeviationError`."""
        self.taken.append(step)
        self.has_deviated = True
        self.world.now += SECOND
        self._scene.at = self.world.now
        try:
            expected = predict(self.world, step)
            answer = perform(self._scene, step)
        except Exception as error:
            raise DeviationError(f"{step} raised {error!r}") from error

        if answer != expected:
            raise DeviationError(f"{step}\n  answered  {answer}\n  predicted {expected}")
        self._compare(step)
        self.has_deviated = False

    def end(self) -> None:
        """Let nothing wait any more, then audit the whole database."""
        for step in FINALE:
            self.take(step)
        _check_deferred()
        findings = run.check(sql.fetch, now=self._scene.now)
        broken = [
            f"{found.invariant.name} ({found.count}): {found.samples}" for found in findings if found.count
        ]
        if broken:
            raise DeviationError("the audit found\n  " + "\n  ".join(broken))

    def _compare(self, step: Step) -> None:
        differences = books.of(self.world).differences(self._reader.books(self.world.now))
        if isinstance(step, steps.Publish):
            cached = {number: cached_key_state(state) for number, state in keys.cached(self._scene).items()}
            if cached != self.world.published:
                differences.append(f"Valkey: {cached} not {self.world.published}")
        if differences:
            raise DeviationError(f"{step}\n  left " + "\n  left ".join(differences))


def _check_deferred() -> None:
    """Check now what PostgreSQL checks at COMMIT, where no step has committed."""
    if connection.in_atomic_block:
        try:
            sql.run("set constraints all immediate")
        except DatabaseError as error:
            raise DeviationError(f"COMMIT would fail: {error!r}") from error
