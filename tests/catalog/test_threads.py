"""Many threads share one snapshot, and one of them reads it."""

from collections.abc import Callable

import pytest

from catalog import prices
from catalog.services import price_versions
from tests.catalog.cast import EARLIER, price_set, sonnet


class TestThreads:
    @pytest.mark.usefixtures("committed_db")
    def test_share_what_one_of_them_read(self, race: Callable[..., list[object]]):
        model = sonnet()
        version = price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        sheets = race(lambda _: prices.in_force(model.pk, EARLIER), 16)
        assert {id(sheet) for sheet in sheets} == {id(prices.sheet(version.pk))}
