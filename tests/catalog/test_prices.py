"""Cached look-ups: new models are found at once, a price in force is never a stale one."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import prices
from catalog.errors import UnknownModel, UnknownPriceVersion
from catalog.models import LanguageModel
from catalog.services import price_versions
from tests.catalog.cast import EARLIER, price_set, sonnet

pytestmark = pytest.mark.django_db

NotMoreQueries = Callable[[int], object]


def age(seconds: float) -> None:
    """Make this process's snapshot as old as if it had been read so long ago."""
    snapshot = prices._snapshot
    assert snapshot is not None
    prices._snapshot = dataclasses.replace(
        snapshot,
        read_at=snapshot.read_at - timedelta(seconds=seconds),
        read_at_monotonic=snapshot.read_at_monotonic - seconds,
    )


class TestFindModel:
    def test_finds_a_model_by_its_id_on_the_wire(self):
        model = sonnet()
        assert prices.find_model("claude-sonnet-4-6") == prices.ModelEntry(
            model.pk, "claude-sonnet-4-6", 1_000_000, 128_000, is_active=True
        )

    def test_finds_a_new_model_once_the_last_look_is_a_second_old(self):
        sonnet()
        assert prices.find_model("gpt-5") is None
        sonnet("gpt-5")
        age(1)
        assert prices.find_model("gpt-5") is not None

    def test_asks_the_database_once_a_second_for_what_does_not_exist(
        self, django_assert_num_queries: Callable[[int], object]
    ):
        assert prices.find_model("gpt-5") is None
        with django_assert_num_queries(0):  # type: ignore[attr-defined]
            assert prices.find_model("gpt-5") is None

    def test_sees_a_model_change_after_thirty_seconds(self):
        sonnet()
        prices.find_model("claude-sonnet-4-6")
        LanguageModel.objects.update(is_active=False)
        age(30)
        entry = prices.find_model("claude-sonnet-4-6")
        assert entry is not None
        assert not entry.is_active


class TestModelSlug:
    def test_finds_what_was_committed_since_the_last_look(self):
        prices.find_model("gpt-5")
        assert prices.model_slug(sonnet().pk) == "claude-sonnet-4-6"

    def test_raises_for_an_id_of_no_model(self):
        with pytest.raises(UnknownModel):
            prices.model_slug(0)


class TestInForce:
    def test_is_none_before_the_first_version(self):
        model = sonnet()
        assert prices.in_force(model.pk, EARLIER) is None
        price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        age(1)
        assert prices.in_force(model.pk, EARLIER - timedelta(microseconds=1)) is None
        assert prices.in_force(model.pk, EARLIER) is not None

    def test_changes_at_the_very_moment_of_the_next_version(self):
        model = sonnet()
        first = price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        second = price_versions.publish(model_id=model.pk, price_set=price_set(2), now=timezone.now())
        just_before = prices.in_force(model.pk, second.effective_at - timedelta(microseconds=1))
        then = prices.in_force(model.pk, second.effective_at)
        assert just_before is not None
        assert then is not None
        assert (just_before.version_id, then.version_id) == (first.pk, second.pk)
        assert then.picos == (2, 5_295_000, None, None, None, None)

    def test_keeps_what_it_read_while_no_new_version_can_be_in_force(
        self, django_assert_num_queries: Callable[[int], object]
    ):
        model = sonnet()
        price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        prices.in_force(model.pk, timezone.now())
        with django_assert_num_queries(0):  # type: ignore[attr-defined]
            prices.in_force(model.pk, timezone.now() + timedelta(minutes=3))

    def test_reads_again_for_a_moment_that_an_old_snapshot_cannot_know(self):
        model = sonnet()
        price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        prices.in_force(model.pk, timezone.now())
        second = price_versions.publish(model_id=model.pk, price_set=price_set(2), now=timezone.now())
        age(2)
        sheet = prices.in_force(model.pk, second.effective_at)
        assert sheet is not None
        assert sheet.version_id == second.pk


class TestSheet:
    def test_keeps_a_pinned_version_however_old_the_snapshot_is(
        self, django_assert_num_queries: Callable[[int], object]
    ):
        version = price_versions.publish(model_id=sonnet().pk, price_set=price_set(), now=EARLIER)
        assert prices.sheet(version.pk).picos[0] == 1_059_000
        age(3600)
        with django_assert_num_queries(0):  # type: ignore[attr-defined]
            assert prices.sheet(version.pk).model == "claude-sonnet-4-6"

    def test_finds_what_was_committed_since_the_last_look(self):
        model = sonnet()
        prices.find_model("gpt-5")
        version = price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        assert prices.sheet(version.pk).version_id == version.pk

    def test_raises_for_an_id_of_no_version(self):
        with pytest.raises(UnknownPriceVersion):
            prices.sheet(0)
