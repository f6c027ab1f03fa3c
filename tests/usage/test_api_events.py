"""Events read all at once are those, and exactly those, that stand when each is read by itself."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from billing.errors import Unacceptable
from catalog.rating import METERS
from usage.api import events
from usage.services.reports import Report

DIGITS = "0123456789abcdef"
VALID: dict[str, st.SearchStrategy[Any]] = {
    "request_id": st.builds(lambda: str(uuid7())),
    "key_digest": st.text(DIGITS, min_size=64, max_size=64),
    "model": st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=9
    ),
    "meters": st.dictionaries(st.sampled_from(METERS), st.integers(0, 2**63 - 1)),
    "outcome": st.sampled_from(["completed", "client_gone", "upstream_error", "timeout", "gateway_lost"]),
    "evidence": st.sampled_from(["reported", "partial", "estimated"]),
    "reported_cost": st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,9})?\Z"),
    "upstream_request_id": st.text("abc_é\U0001f600", min_size=1, max_size=9),
    "first_byte_ms": st.integers(0, 2**31 - 1),
    "duration_ms": st.integers(0, 2**31 - 1),
}
OPTIONAL = ("reported_cost", "upstream_request_id", "first_byte_ms", "duration_ms")
ID = "01932c07-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
HOSTILE: list[Any] = [
    *(True, False, None, 0, 1, -1, 1.0, -0.0, 1e400, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**4000),
    *("", "1", "\uff11", "\0", "a\0b", "\ud800", "\udfff", "é", "m" * 100, "m" * 101, "x" * 200, "x" * 201),
    *(ID, ID.upper(), ID + "\n", f"{ID}\n{ID}", ID.replace("-", ""), ID[:-1] + "\uff10", "c" + ID[1:]),
    *("a" * 64, "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "\uff41" * 64, "0.1", "1e3", "-1", "-0", "+1"),
    *("9223372036.854775807", "9223372036.854775808", "completed", "Completed", "reported", [], {}),
    *(
        ["completed"],
        {"input": 1},
        {"input": True},
        {"input": 1.0},
        {"input": None},
        {"": 1},
        {"reasoning": 1},
    ),
    *({"output": -1}, {"output": 2**63}, {"input": 10**400}, {"input": "1"}, [[]], [{"input": 1}]),
]
hostile = st.sampled_from(HOSTILE) | st.text(max_size=3) | st.floats()
valid = st.fixed_dictionaries(
    {name: shape for name, shape in VALID.items() if name not in OPTIONAL},
    optional={name: VALID[name] for name in OPTIONAL},
)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A valid event in which one or two things are changed, which may leave it valid."""
    event = {**draw(valid)}
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from([*VALID, "surprise", ""]))
        match draw(st.sampled_from(["replace", "remove", "in meters"])):
            case "replace":
                event[name] = draw(hostile)
            case "remove":
                event.pop(name, None)
            case _ if isinstance(event.get("meters"), dict):
                event["meters"] = event["meters"] | {draw(st.sampled_from([*METERS, "x"])): draw(hostile)}
    return event


def stands(event: Any) -> bool:
    try:
        events.judge(event)
    except Unacceptable:
        return False
    return True


def read_alone(event: Any) -> Report:
    """The report as each member's own shape reads it."""
    given = events.EVENT.read(event)
    return Report(
        request_id=given["request_id"],
        key_digest=given["key_digest"],
        model=given["model"],
        counts=tuple(given["meters"].get(meter) for meter in METERS),
        outcome=given["outcome"],
        evidence=given["evidence"],
        reported_cost_nanos=given.get("reported_cost"),
        upstream_request_id=given.get("upstream_request_id"),
        first_byte_ms=given.get("first_byte_ms"),
        duration_ms=given.get("duration_ms"),
        payload=event,
    )


class TestReadAll:
    @given(st.lists(valid, max_size=5))
    def test_reads_what_each_alone_says(self, batch: list[Any]):
        read = events.read_all(batch)

        assert read == [read_alone(event) for event in batch]
        assert {type(report.request_id) for report in read} <= {UUID}

    @given(st.lists(valid, max_size=2), st.one_of(spoilt(), hostile), st.lists(valid, max_size=2))
    def test_takes_a_batch_if_and_only_if_each_event_stands(
        self, before: list[Any], odd: Any, after: list[Any]
    ):
        batch = [*before, odd, *after]

        if stands(odd):
            assert events.read_all(batch) == [read_alone(event) for event in batch]
        else:
            with pytest.raises(Unacceptable):
                events.read_all(batch)

    @pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:20])
    @pytest.mark.parametrize("name", [*VALID, *(f"meters.{meter}" for meter in METERS)])
    def test_judges_each_hostile_value_as_it_is_judged_alone(self, name: str, value: Any):
        member, _, meter = name.partition(".")
        good = {
            "request_id": ID,
            "key_digest": "a" * 64,
            "model": "m",
            "meters": {"input": 1},
            "outcome": "completed",
            "evidence": "reported",
        }
        odd = {**good, member: {meter: value} if meter else value}

        if stands(odd):
            assert events.read_all([good, odd]) == [read_alone(good), read_alone(odd)]
        else:
            with pytest.raises(Unacceptable):
                events.read_all([good, odd])
