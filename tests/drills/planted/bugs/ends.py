"""The ends of a hold: once each, and what it held comes back."""

from tests.drills.planted.bug import Bug, Patch

_END = "billing/services/holds/end.py"
_ENDED = "tests/billing/test_holds_end.py"
_NO_TRIGGER = ("drop trigger hold_ends_once on hold",)

BUGS = (
    Bug(
        name="released_twice",
        says="a release ends a hold that has ended, and gives it back again",
        tests=(f"{_ENDED}::TestRelease",),
        patches=(
            Patch(
                _END,
                "where customer_id = %s and request_id = %s and state = 'open'",
                "where customer_id = %s and request_id = %s",
            ),
        ),
        drops=_NO_TRIGGER,
    ),
    Bug(
        name="expired_twice",
        says="expiry ends what has ended, and gives it back again",
        tests=(f"{_ENDED}::TestExpire",),
        patches=(
            Patch(
                _END,
                "where customer_id = any(%s::uuid[]) and state = 'open' and expires_at <= %s",
                "where customer_id = any(%s::uuid[]) and expires_at <= %s",
            ),
        ),
        drops=_NO_TRIGGER,
    ),
    Bug(
        name="settled_twice",
        says="settlement ends a hold that expired meanwhile, and gives it back again",
        tests=(
            "tests/usage/test_settlement.py",
            "tests/concurrency/test_settlement.py::TestSettlementAgainstExpiry",
        ),
        patches=(
            Patch(_END, "           and hold.state = 'open'\n", ""),
            Patch(
                "usage/services/settlement/rate.py",
                'hold.amount_nanos if hold and hold.state == "open" else None',
                "hold.amount_nanos if hold else None",
            ),
        ),
        drops=_NO_TRIGGER,
    ),
    Bug(
        name="no_trigger_against_second_ending",
        says="a hold that ended may be changed by raw SQL",
        tests=("tests/billing/test_constraints.py::TestHold",),
        drops=_NO_TRIGGER,
    ),
    Bug(
        name="settled_not_given_back",
        says="a settled hold stays in `held`",
        tests=("tests/usage/test_settlement.py",),
        patches=(
            Patch(
                _END,
                "    for customer_id, amount, api_key_id, key_period, _ in rows:\n        book.end_hold",
                "    for customer_id, amount, api_key_id, key_period, _ in ():\n        book.end_hold",
            ),
        ),
    ),
    Bug(
        name="expired_not_given_back",
        says="an expired hold stays in `held`",
        tests=(f"{_ENDED}::TestExpire",),
        patches=(
            Patch(
                _END,
                "    for customer_id, amount, api_key_id, key_period in rows:\n",
                "    for customer_id, amount, api_key_id, key_period in ():\n",
            ),
        ),
    ),
    Bug(
        name="expiry_takes_what_was_reported",
        says="a hold expires although its usage waits in the inbox",
        tests=(
            "tests/usage/test_drain.py",
            "tests/usage/test_settlement.py",
            "tests/usage/test_outcomes_holds.py",
        ),
        patches=(
            Patch(
                _END,
                "     where state = 'open' and expires_at <= %s\n       and not exists (select",
                "     where state = 'open' and expires_at <= %s\n       and (true or exists (select",
            ),
            Patch(
                _END,
                "event.request_id = hold.request_id)\n       and customer_id <> all",
                "event.request_id = hold.request_id))\n       and customer_id <> all",
            ),
            Patch(
                _END,
                "and state = 'open' and expires_at <= %s\n       and not exists (select",
                "and state = 'open' and expires_at <= %s\n       and (true or exists (select",
            ),
            Patch(
                _END,
                "event.request_id = hold.request_id)\n returning customer_id",
                "event.request_id = hold.request_id))\n returning customer_id",
            ),
        ),
    ),
    Bug(
        name="release_of_what_was_reported",
        says="a hold whose usage waits in the inbox can be released",
        tests=(f"{_ENDED}::TestRelease",),
        patches=(
            Patch(
                _END,
                "        if sql.fetch(REPORTED, [customer_id, request_id]):",
                "        if not sql.fetch(REPORTED, [customer_id, request_id]) and not request_id:",
            ),
        ),
    ),
)
