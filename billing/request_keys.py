"""Keys of requests as parameters of statements, made once for all the statements of a batch."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from uuid import UUID

from billing import request_ids, sql


class RequestKeys:
    """`(customer_id, request_id)` of some requests, as the columns that `unnest` makes rows of."""

    def __init__(self, keys: Iterable[tuple[UUID, UUID]]) -> None:
        self._keys: Sequence[tuple[UUID, UUID]] = list(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @cached_property
    def columns(self) -> list[object]:
        """One array of customers and one of requests."""
        return sql.columns(self._keys)

    @cached_property
    def span(self) -> tuple[UUID, UUID]:
        """The first and the last request id: the months in which the rows of these requests lie."""
        return request_ids.span([request_id for _, request_id in self._keys])
