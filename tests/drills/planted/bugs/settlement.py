"""Settlement: once for each request, every event kept, every total right."""

from tests.drills.planted.bug import Bug, Patch

_BATCH = "usage/services/settlement/batch.py"
_CHARGES = "usage/services/settlement/charges.py"
_SETTLED = "tests/usage/test_settlement.py"
_DRAINED = "tests/usage/test_drain.py"
_REPORTED = "tests/usage/test_outcomes_reports.py"

BUGS = (
    Bug(
        name="debited_for_what_was_charged_before",
        says="what is debited is summed over the batch, not over the charges that were new",
        tests=(_REPORTED, "tests/concurrency/test_ingest.py::TestIngestAgainstSettlement"),
        patches=(
            Patch(
                _BATCH,
                "[item for position, item in enumerate(rated) if position in new]\n    held",
                "list(rated)\n    held",
            ),
        ),
    ),
    Bug(
        name="late_conflict_dropped",
        says="another body that slipped into the inbox after the charge is thrown away",
        tests=(_REPORTED,),
        patches=(
            Patch(
                _BATCH,
                "    rows.keep_conflicts(repeated)\n",
                "",
            ),
        ),
    ),
    Bug(
        name="unrateable_event_dropped",
        says="an event that cannot be rated leaves the inbox for nowhere",
        tests=(_DRAINED, "tests/usage/test_quarantine.py"),
        patches=(Patch(_BATCH, "    rows.quarantine(failed)\n", ""),),
    ),
    Bug(
        name="failing_event_dropped",
        says="an event on which settlement fails leaves the inbox for nowhere",
        tests=(_DRAINED, "tests/usage/test_quarantine.py"),
        patches=(
            Patch(
                "usage/services/settlement/drain.py",
                '            rows.quarantine([(*key, "settlement_failed", repr(error)[:500])])\n',
                "",
            ),
        ),
    ),
    Bug(
        name="one_bad_event_stops_the_others",
        says="a batch that fails is quarantined whole",
        tests=(_DRAINED,),
        patches=(
            Patch(
                "usage/services/settlement/drain.py",
                "            if len(part) > 1:\n                parts += _halves(part)\n            else:",
                "            if len(part) < 1:\n                parts += _halves(part)\n            else:",
            ),
        ),
    ),
    Bug(
        name="daily_totals_forget_a_meter",
        says="a second charge of the day does not add its cache reads",
        tests=(f"{_SETTLED}::TestDaily",),
        patches=(
            Patch(
                _CHARGES,
                "cache_read = usage_daily.cache_read + excluded.cache_read",
                "cache_read = usage_daily.cache_read",
            ),
        ),
    ),
    Bug(
        name="daily_totals_by_the_day_of_charging",
        says="daily totals go by the day on which the worker came to it",
        tests=(f"{_SETTLED}::TestDaily",),
        patches=(
            Patch(
                _CHARGES,
                "(uuid_extract_timestamp(request_id) at time zone 'UTC')::date as day_date",
                "(now() at time zone 'UTC')::date as day_date",
            ),
        ),
    ),
    Bug(
        name="another_gateways_hold_settled",
        says="a gateway's usage ends the hold that another one placed",
        tests=(_SETTLED,),
        patches=(
            Patch(
                "usage/services/settlement/rate.py",
                "and hold.gateway_id != claimed.gateway_id:",
                "and hold.gateway_id < 0:",
            ),
        ),
    ),
    Bug(
        name="debt_on_the_first_request",
        says="what is short falls on the oldest requests, also on those within their holds",
        tests=(_SETTLED,),
        patches=(
            Patch(
                _BATCH,
                "key=lambda item: item.event.request_id, reverse=True)",
                "key=lambda item: item.event.request_id)",
            ),
        ),
    ),
    Bug(
        name="debt_cause_is_a_guess",
        says="debt after a hold's end is recorded as usage without a hold",
        tests=(_SETTLED, "tests/usage/test_outcomes_holds.py"),
        patches=(
            Patch(
                _BATCH,
                "        return DebtCause.HOLD_ENDED\n",
                "        return DebtCause.NO_HOLD\n",
            ),
        ),
    ),
)
