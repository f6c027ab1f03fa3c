"""What the gateway knows of its requests: what was asked, what was acknowledged, how each must end."""

from collections import Counter
from dataclasses import dataclass, field

from tests.drills.kills.orders import Order


@dataclass(slots=True)
class Request:
    """One request. `ends_as`: the states that its hold may end in, empty where none was acknowledged.

    `nanos` is what it must be charged; None until its usage is acknowledged.
    """

    request_id: str
    order: Order
    ends_as: frozenset[str] = frozenset()
    held_nanos: int | None = None
    nanos: int | None = None


@dataclass(slots=True)
class Records:
    """Everything that was sent; `surprises` are answers that no gateway may ever get."""

    requests: dict[str, Request] = field(default_factory=dict)
    granted_nanos: Counter[str] = field(default_factory=Counter)
    grants: int = 0
    refused: int = 0
    duplicates: int = 0
    conflicts: int = 0
    surprises: list[str] = field(default_factory=list)

    @property
    def charged(self) -> dict[str, int]:
        """What each acknowledged request must be charged."""
        return {
            request_id: request.nanos
            for request_id, request in self.requests.items()
            if request.nanos is not None
        }
