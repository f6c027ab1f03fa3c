"""Placing a hold: its guard, its answer, its bounds."""

from tests.drills.planted.bug import Bug, Patch

_STATEMENT = "billing/services/holds/statement.py"
_STORED = "billing/services/holds/stored.py"
_PLACED = "tests/billing/test_holds_place.py"

_NO_GUARD = Patch(
    _STATEMENT,
    "when available < %(amount)s then 'insufficient_credit'",
    "when %(amount)s < 0 then 'insufficient_credit'",
)

BUGS = (
    Bug(
        name="guard_removed",
        says="a hold is placed whatever is available; the CHECK still refuses it",
        tests=(f"{_PLACED}::TestRefusal",),
        patches=(_NO_GUARD,),
    ),
    Bug(
        name="guard_and_check_removed",
        says="a hold is placed whatever is available, and nothing stops it",
        tests=("tests/concurrency/test_holds.py::TestFiftyHolds",),
        patches=(_NO_GUARD,),
        drops=("alter table wallet drop constraint wallet_held_within_balance",),
    ),
    Bug(
        name="hold_not_counted",
        says="a hold is stored, and `held` stays as it was",
        tests=(f"{_PLACED}::TestPlace",),
        patches=(
            Patch(
                _STATEMENT,
                "held_nanos = locked.held_nanos + placed.amount_nanos",
                "held_nanos = locked.held_nanos",
            ),
        ),
    ),
    Bug(
        name="refusal_flips",
        says="a refused request id is accepted once there is credit",
        tests=(f"{_PLACED}::TestRefusal",),
        patches=(
            Patch(_STORED, "    if row.refusal:", "    if row.refusal and row.available < row.amount_nanos:"),
        ),
    ),
    Bug(
        name="hold_fingerprint_ignored",
        says="a known request id is answered with its hold, whatever is asked for",
        tests=(f"{_PLACED}::TestReplay",),
        patches=(
            Patch(_STORED, "if bytes(row.fingerprint) != request.fingerprint:", "if not row.fingerprint:"),
        ),
    ),
    Bug(
        name="clamp_ignores_min_output",
        says="a hold is clamped below the least output that is wanted",
        tests=(f"{_PLACED}::TestClamp",),
        patches=(
            Patch("billing/services/holds/place.py", "if output >= request.min_output:", "if output >= 1:"),
        ),
    ),
    Bug(
        name="frozen_may_hold",
        says="a frozen customer's hold is placed",
        tests=(f"{_PLACED}::TestRefusal",),
        patches=(
            Patch(
                _STATEMENT,
                "when customer.state = 'frozen' then 'customer_frozen'",
                "when customer.state = 'thawed' then 'customer_frozen'",
            ),
        ),
    ),
    Bug(
        name="cut_off_may_hold",
        says="a customer who is cut off gets holds as long as some dust is left",
        tests=(f"{_PLACED}::TestRefusal",),
        patches=(
            Patch(
                _STATEMENT,
                "when cut_off_at is not null then 'cut_off'",
                "when cut_off_at is not null and available < 0 then 'cut_off'",
            ),
        ),
    ),
    Bug(
        name="extension_grows_without_credit",
        says="an extension grows beyond what is available; the CHECK still refuses it",
        tests=("tests/billing/test_holds_extend.py::TestGrowth",),
        patches=(
            Patch("billing/services/holds/extend.py", "elif growth > wallet.available:", "elif growth < 0:"),
        ),
    ),
    Bug(
        name="anybody_may_release",
        says="a gateway may end another gateway's hold",
        tests=("tests/billing/test_holds_end.py::TestRelease",),
        patches=(
            Patch(
                "billing/services/holds/end.py",
                "where request_id = %s and gateway_id = %s and state",
                "where request_id = %s and gateway_id <> -%s and state",
            ),
        ),
    ),
    Bug(
        name="charged_request_gets_a_hold",
        says="a request whose usage was charged while its hold waited for the wallet gets the hold",
        tests=("tests/concurrency/test_settlement.py::TestHoldThatWaitedForItsCharge",),
        patches=(
            Patch(
                _STATEMENT,
                "where not is_stale and not is_charged and not is_behind",
                "where not is_stale and not is_charged",
            ),
            Patch("billing/services/holds/place.py", "if not row.is_behind:", "if row:"),
        ),
    ),
)
