"""The stand-ins' own clock, which a test may move."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's clock plus an offset, so that time still passes after it was moved."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def timestamp(self) -> float:
        return self.now().timestamp()

    def seconds(self) -> int:
        """Seconds since 1970, whole, as Stripe writes moments."""
        return int(self.timestamp())

    def set_offset(self, seconds: float) -> None:
        self.offset = timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)
