"""What the stand-ins remember: objects in memory and, where a file is given, each change as a line in it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

Record = dict[str, Any]


class Journal:
    """A file of changes, one JSON line each; the last line about an object wins.

    A line is written to the system at once, so that a killed process forgets nothing; a half-written last
    line is dropped. Opening rewrites the file without what is out of date.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: dict[tuple[str, str, str], Record] = {}
        self.read()
        self.file = self.compact()

    def read(self) -> None:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                change = json.loads(line)
            except ValueError:
                continue
            self.note(change)

    def note(self, change: Record) -> None:
        if change["kind"] is None:
            self.kept = {key: record for key, record in self.kept.items() if key[0] != change["store"]}
            return
        key = (change["store"], change["kind"], change["id"])
        if change["record"] is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = change["record"]

    def compact(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(self.path.suffix + ".new")
        with new.open("w", encoding="utf-8") as file:
            for (store, kind, identity), record in self.kept.items():
                file.write(line_of(store, kind, identity, record))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        return self.path.open("a", encoding="utf-8")

    def append(self, store: str, kind: str | None, identity: str, record: Record | None) -> None:
        self.file.write(line_of(store, kind, identity, record))
        self.file.flush()

    def close(self) -> None:
        self.file.close()

    def records(self, store: str) -> Iterator[tuple[str, str, Record]]:
        for (owner, kind, identity), record in self.kept.items():
            if owner == store:
                yield kind, identity, record


def line_of(store: str, kind: str | None, identity: str, record: Record | None) -> str:
    change = {"store": store, "kind": kind, "id": identity, "record": record}
    return json.dumps(change, separators=(",", ":")) + "\n"


class Store:
    """The objects of one stand-in, by kind and id, in the order in which they came.

    Objects are plain JSON objects. Whoever changes one calls `put` again, which journals it.
    """

    def __init__(self, name: str, journal: Journal | None) -> None:
        self.name = name
        self.journal = journal
        self.kinds: dict[str, dict[str, Record]] = {}
        for kind, identity, record in journal.records(name) if journal else ():
            self.kinds.setdefault(kind, {})[identity] = record

    def put(self, kind: str, identity: str, record: Record) -> Record:
        self.kinds.setdefault(kind, {})[identity] = record
        if self.journal:
            self.journal.append(self.name, kind, identity, record)
        return record

    def find(self, kind: str, identity: str) -> Record | None:
        return self.kinds.get(kind, {}).get(identity)

    def all(self, kind: str) -> list[Record]:
        return list(self.kinds.get(kind, {}).values())

    def remove(self, kind: str, identity: str) -> None:
        if self.kinds.get(kind, {}).pop(identity, None) is not None and self.journal:
            self.journal.append(self.name, kind, identity, None)

    def clear(self) -> None:
        self.kinds.clear()
        if self.journal:
            self.journal.append(self.name, None, "", None)
