"""A TOML table read strictly: every mistake names the file, the field and the reason."""

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from catalog.errors import BadModelFile

Value = TypeVar("Value")


class Table:
    """Hands out each field once, by type; `end` refuses what nobody asked for."""

    def __init__(self, path: Path, values: dict[str, object], prefix: str = "") -> None:
        self.path = path
        self._values = dict(values)
        self._prefix = prefix

    def error(self, name: str, reason: str) -> BadModelFile:
        return BadModelFile(self.path, f"{self._prefix}{name}", reason)

    def text(self, name: str, *, most: int = 300) -> str:
        text = self._take(name, str, "a text")
        if not text.strip() or len(text) > most or "\0" in text:
            raise self.error(name, f"must be a text of 1 to {most} characters")
        return text

    def find_text(self, name: str, *, most: int = 300) -> str | None:
        return self.text(name, most=most) if name in self._values else None

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; empty where the field is left out."""
        values = self._take_list(name)
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.error(name, "must be a list of texts")
        return [str(value) for value in values]

    def integer(self, name: str, *, most: int) -> int:
        value = self._take(name, int, "a whole number")
        if not 1 <= value <= most:
            raise self.error(name, f"must be 1 to {most}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        return self._take(name, bool, "true or false") if name in self._values else default

    def find_date(self, name: str) -> date | None:
        return self._take(name, date, "a date as 2026-01-31") if name in self._values else None

    def find_moment(self, name: str) -> datetime | None:
        if name not in self._values:
            return None
        moment = self._take(name, datetime, "a moment as 2026-01-31T12:00:00Z")
        if moment.tzinfo is None:
            raise self.error(name, "needs its time zone, as in 2026-01-31T12:00:00Z")
        return moment.astimezone(UTC)

    def find_table(self, name: str) -> "Table | None":
        return self.table(name) if name in self._values else None

    def table(self, name: str) -> "Table":
        values: dict[str, object] = self._take(name, dict, "a table")
        return Table(self.path, values, f"{self._prefix}{name}.")

    def tables(self, name: str, read: Callable[["Table"], Value]) -> list[Value]:
        """Read each table of a list with `read` and close it; empty where the field is left out."""
        found = []
        for number, values in enumerate(self._take_list(name), start=1):
            if not isinstance(values, dict):
                raise self.error(name, "must be a list of tables")
            table = Table(self.path, values, f"{self._prefix}{name}[{number}].")
            found.append(read(table))
            table.end()
        return found

    def names(self) -> list[str]:
        return list(self._values)

    def end(self) -> None:
        for name in self._values:
            raise self.error(name, "is not a field of this table")

    def _take_list(self, name: str) -> list[object]:
        values: list[object] = self._take(name, list, "a list") if name in self._values else []
        return values

    def _take(self, name: str, kind: type[Value], meaning: str) -> Value:
        if name not in self._values:
            raise self.error(name, "is missing")
        value = self._values.pop(name)
        # Exactly this type: a boolean is no number and a moment is no date.
        if not isinstance(value, kind) or type(value) is not kind:
            raise self.error(name, f"must be {meaning}")
        return value


def read_table(path: Path) -> Table:
    """Open a TOML file; raises BadModelFile where it is not one."""
    try:
        return Table(path, tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise BadModelFile(path, "", f"cannot be read: {error}") from error
