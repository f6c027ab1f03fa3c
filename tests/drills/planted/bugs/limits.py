"""Key limits: what counts against them, and in which period."""

from tests.drills.planted.bug import Bug, Patch

_STATEMENT = "billing/services/holds/statement.py"
_COUNTERS = "billing/ledger/counters.py"
_PLACED = "tests/billing/test_holds_limits.py"
_PERIODS = "tests/billing/test_key_periods.py"

BUGS = (
    Bug(
        name="limit_forgets_running_holds",
        says="only what was charged counts against a key's limit",
        tests=(_PLACED, "tests/concurrency/test_key_limits.py::TestFiftyHolds"),
        patches=(
            Patch(
                _STATEMENT,
                "greatest(0, counter.spent_nanos)\n                                    - counter.held_nanos)",
                "greatest(0, counter.spent_nanos)\n                                    - 0)",
            ),
        ),
    ),
    Bug(
        name="limit_not_counted",
        says="a hold does not raise what its key's limit has set aside",
        tests=(_PLACED,),
        patches=(
            Patch(
                _STATEMENT,
                "held_nanos = counter.held_nanos + placed.amount_nanos",
                "held_nanos = counter.held_nanos",
            ),
        ),
    ),
    Bug(
        name="charge_does_not_count",
        says="what a limited key was charged does not count against its limit",
        tests=("tests/usage/test_limits.py", _PERIODS),
        patches=(Patch(_COUNTERS, "            self.spent += amount\n", "            self.spent += 0\n"),),
    ),
    Bug(
        name="period_goes_back",
        says="usage of an older period begins that period again",
        tests=(_PERIODS, "tests/usage/test_limits.py"),
        patches=(Patch(_COUNTERS, "if start > self.period_start:", "if start != self.period_start:"),),
    ),
    Bug(
        name="older_hold_given_back_to_new_period",
        says="a hold of the period before lowers what the new period has set aside",
        tests=(_PERIODS, "tests/usage/test_limits.py"),
        patches=(
            Patch(
                _COUNTERS,
                "        if period_start == self.period_start:\n            self.held -= amount",
                "        if period_start <= self.period_start:\n            self.held -= amount",
            ),
        ),
    ),
    Bug(
        name="limit_reached_is_not_judged",
        says="a key whose limit is spent is not cut off",
        tests=(_PERIODS,),
        patches=(
            Patch(
                "billing/cut_off.py",
                "if limit_nanos - max(spent_nanos, 0) < settings.CUT_OFF_BELOW_NANOS:",
                "if limit_nanos < 0:",
            ),
        ),
    ),
)
