"""What the service is to answer to a step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """A hold as it stands."""

    state: str
    amount: int
    bounds: tuple[int, int, int]
    expires: int
    price: int
    available: int
    is_replay: bool = False


@dataclass(frozen=True)
class Refused:
    """A hold that may not be placed or grow; the rest where it is a matter of credit or of a limit."""

    code: str
    source: str | None = None
    required: int | None = None
    available: int | None = None
    affordable: int | None = None
    resumes: int | None = None


@dataclass(frozen=True)
class Failed:
    """Any other error, by its stable code."""

    code: str


@dataclass(frozen=True)
class Done:
    """A step that was taken, and what it counted or told."""

    value: object = None


@dataclass(frozen=True)
class Skipped:
    """A step about something that this history never made."""


Answer = Held | Refused | Failed | Done | Skipped
