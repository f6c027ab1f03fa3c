"""Committed price versions: the owner cannot change them, and two writers cannot race past the notice."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import IntegrityError
from django.utils import timezone

from catalog.models import PriceVersion, Rate
from catalog.services import price_versions
from tests.catalog.cast import CHANGES, EARLIER, price_set, sonnet


@pytest.fixture(autouse=True)
def published(committed_db: None) -> PriceVersion:
    return price_versions.publish(model_id=sonnet().id, price_set=price_set(), now=EARLIER)


class TestCommittedVersion:
    @pytest.mark.parametrize("change", CHANGES)
    def test_stops_the_owner_too(self, change: str, owner_connection: psycopg.Connection):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            owner_connection.execute(change)

    def test_takes_no_rate_after_its_transaction(self, published: PriceVersion):
        with pytest.raises(IntegrityError, match="takes no rate after"):
            Rate.objects.create(price_version=published, meter="cache_read", price_picos=1)

    def test_serialises_two_first_versions(self, race: Callable[..., list[object]]):
        model, now = sonnet("another"), timezone.now()

        def publish(number: int) -> object:
            return price_versions.publish(
                model_id=model.id, price_set=price_set(number + 1), now=now + timedelta(microseconds=number)
            )

        versions = race(publish, 4)
        effective = sorted(version.effective_at - now for version in versions)  # type: ignore[attr-defined]
        assert [at >= timedelta(minutes=5) for at in effective] == [False, True, True, True]
