"""What may go wrong on purpose: with messages on their way out, and with answers to calls."""

from dataclasses import dataclass, fields, replace
from typing import Any


class BadFault(Exception):
    """A setting that the control API does not know, or a value outside its range."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances are between 0 and 1, drawn by the seed.

    Of messages: `duplicate` sends one again (up to five times), `reorder` lets later ones overtake it,
    `delay_ms` holds each for up to so long, `drop` loses it for good, `drop_all` loses every one;
    `parallel` is how many go out at the same time; `sign_offset_s` moves the moment they are signed for.
    Of calls: `refuse` answers 503 before anything happens, `cut` does what was asked and cuts the line
    instead of answering.
    """

    duplicate: float = 0.0
    reorder: float = 0.0
    delay_ms: int = 0
    drop: float = 0.0
    drop_all: bool = False
    parallel: int = 1
    sign_offset_s: int = 0
    refuse: float = 0.0
    cut: float = 0.0

    def changed(self, changes: dict[str, Any]) -> "Faults":
        """These faults with `changes`; raises BadFault."""
        types = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in changes.items():
            if name not in types:
                raise BadFault(f"unknown fault {name}, known are {', '.join(sorted(types))}")
            if types[name] is bool:
                fits = isinstance(value, bool)
            elif types[name] is int:
                fits = isinstance(value, int) and not isinstance(value, bool)
            else:
                fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
            if not fits:
                raise BadFault(f"{name} cannot be {value!r}")
        return replace(self, **changes)
