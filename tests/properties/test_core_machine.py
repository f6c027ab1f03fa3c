"""Any sequence of steps goes as the model of the money core says, with hypothesis to find and shrink it."""

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.drills.core.recipes.next_step import RECIPES
from tests.drills.core.setting import STARTS
from tests.drills.core.theatre import Theatre

T = TypeVar("T")


class DrawnDice:
    """Choices that hypothesis makes, so that it can make them smaller."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def pick(self, options: Sequence[T]) -> T:
        chosen: T = self._data.draw(st.sampled_from(list(options)))
        return chosen

    def number(self, low: int, high: int) -> int:
        chosen: int = self._data.draw(st.integers(low, high))
        return chosen


class CoreMachine(RuleBasedStateMachine):
    """One history; `theatre` is set for the test that runs the machine."""

    theatre: Theatre

    @initialize(start=st.sampled_from(STARTS))
    def begin(self, start: int) -> None:
        self._opened = self.theatre.history(start)
        self.history = self._opened.__enter__()

    def teardown(self) -> None:
        if not hasattr(self, "_opened"):
            return
        try:
            if not self.history.has_deviated:
                self.history.end()
        finally:
            self._opened.__exit__(None, None, None)


def _rule_of(name: str) -> Any:
    def step(self: CoreMachine, data: Any) -> None:
        self.history.take(RECIPES[name][1](DrawnDice(data), self.history.world))

    step.__name__ = name
    return rule(data=st.data())(step)


for _name in RECIPES:
    setattr(CoreMachine, _name, _rule_of(_name))


class TestAnyHistory:
    def test_goes_as_the_model_says(self, committed_db: None):
        CoreMachine.theatre = Theatre()
        run_state_machine_as_test(
            CoreMachine,
            settings=settings(
                max_examples=12,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
