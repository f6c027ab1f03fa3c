"""Committed price versions: the owner cannot change them, and two writers cannot race past the notice."""

from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import IntegrityError, transaction
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

    def test_announces_all_but_one_of_many_first_versions_at_once(self, race: Callable[..., list[object]]):
        for number in range(5):
            model, now = sonnet(f"model-{number}"), timezone.now()

            def publish(thread: int, model_id: int = model.pk, now: datetime = now) -> object:
                later = now + timedelta(microseconds=thread)
                return price_versions.publish(model_id=model_id, price_set=price_set(), now=later)

            race(publish, 4)
            effective = PriceVersion.objects.filter(model=model).values_list("effective_at", flat=True)
            ahead = sorted(at - now >= timedelta(minutes=5) for at in effective)
            assert ahead == [False, True, True, True]

    def test_makes_a_second_first_version_wait_whoever_writes_it(self, owner_connection: psycopg.Connection):
        model = sonnet("another")
        insert = (
            "insert into price_version (model_id, effective_at, created_at, source, note) "
            "values (%s, now(), now(), 'a test', '')"
        )
        owner_connection.execute("set lock_timeout = '100ms'")
        with transaction.atomic():
            price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                owner_connection.execute(insert, [model.pk])
        with pytest.raises(psycopg.errors.CheckViolation, match="less than 5 minutes ahead"):
            owner_connection.execute(insert, [model.pk])
