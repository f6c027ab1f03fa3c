"""What the catalogue's tests start from."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from catalog import prices


@pytest.fixture(autouse=True)
def no_prices_in_memory() -> Iterator[None]:
    prices.forget()
    yield
    prices.forget()


@pytest.fixture
def race() -> Callable[[Callable[[int], object], int], list[object]]:
    """Call a function from many threads at once, each with its number, and return what they returned."""

    def run(act: Callable[[int], object], threads: int) -> list[object]:
        start = Barrier(threads)

        def call(number: int) -> object:
            connection.ensure_connection()
            start.wait()
            try:
                return act(number)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(call, range(threads)))

    return run
