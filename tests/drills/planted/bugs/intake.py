"""Taking usage in: identity, windows, scopes, and where each event ends."""

from tests.drills.planted.bug import Bug, Patch

_INGEST = "usage/services/ingest.py"
_QUARANTINED = "tests/usage/test_outcomes_quarantine.py"
_REPORTED = "tests/usage/test_outcomes_reports.py"

BUGS = (
    Bug(
        name="negative_tokens_accepted",
        says="a meter may be below zero",
        tests=("tests/usage/test_api_strict_input.py", "tests/usage/test_api_reports.py"),
        patches=(
            Patch(
                "usage/api/events.py",
                "meter: Integer(0, MOST_COUNTED) for meter",
                "meter: Integer(-MOST_COUNTED, MOST_COUNTED) for meter",
            ),
        ),
    ),
    Bug(
        name="impossible_meters_accepted",
        says="more than a milliard of tokens is charged",
        tests=(_QUARANTINED,),
        patches=(Patch(_INGEST, "max(counts) > MOST_UNITS", "max(counts) < 0"),),
    ),
    Bug(
        name="deduplicated_by_id_alone",
        says="another body under a known request id passes for a repetition",
        tests=(_REPORTED,),
        patches=(
            Patch(
                _INGEST,
                "if stored[event.key] != event.fingerprint]",
                "if stored[event.key] is None]",
            ),
        ),
    ),
    Bug(
        name="conflict_dropped",
        says="another body under a known request id is told of and not kept",
        tests=(_REPORTED,),
        patches=(Patch(_INGEST, "    inbox.keep_conflicts(conflicts, reporter, now=now)\n", ""),),
    ),
    Bug(
        name="quarantine_drops_event",
        says="an event that cannot be charged is told of and not kept",
        tests=(_QUARANTINED,),
        patches=(
            Patch(
                _INGEST,
                "inbox.quarantine(refused, reporter, now=now)",
                "inbox.quarantine((), reporter, now=now)",
            ),
        ),
    ),
    Bug(
        name="any_time_accepted",
        says="an event is taken in however old or far ahead its request id is",
        tests=(_QUARANTINED,),
        patches=(
            Patch(
                _INGEST,
                "if not request_ids.is_in_window(event.report.request_id, now=now)]",
                "if event.key is None]",
            ),
        ),
    ),
    Bug(
        name="scope_of_unheld_usage_ignored",
        says="every gateway may report requests that never had a hold",
        tests=("tests/usage/test_outcomes_holds.py",),
        patches=(
            Patch(_INGEST, "        if position not in held\n", "        if event.key is None\n"),
            Patch(
                _INGEST,
                "return [event for position, event in enumerate(events) if position in held], without",
                "return [*events], without",
            ),
        ),
    ),
    Bug(
        name="charged_request_taken_in_again",
        says="an event whose request is charged stands in the inbox once more and is called accepted",
        tests=(_REPORTED,),
        patches=(
            Patch(
                "usage/services/inbox.py",
                "     where not exists (select from charge\n",
                "     where true or not exists (select from charge\n",
            ),
        ),
    ),
)
