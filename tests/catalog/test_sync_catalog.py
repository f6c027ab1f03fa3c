"""`sync_catalog`: repeatable, careful with prices, and all or nothing."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog import prices
from catalog.models import LanguageModel, PriceVersion, Provider
from tests.catalog.data_files import SONNET, write_catalogue

pytestmark = pytest.mark.django_db


def sync(data: Path | None = None, *options: str) -> str:
    out = StringIO()
    call_command("sync_catalog", *([f"--data={data}"] if data else []), *options, stdout=out)
    return out.getvalue()


def reprice(data: Path, old: str, new: str) -> None:
    assert old in SONNET
    write_catalogue(data, SONNET.replace(old, new))


class TestSyncCatalog:
    def test_loads_the_shipped_catalogue_and_prices_it_at_once(self):
        sync()
        entry = prices.find_model("claude-sonnet-4-6")
        assert entry is not None
        sheet = prices.in_force(entry.id, timezone.now())
        assert sheet is not None
        assert sheet.picos[:2] == (1_059_000, 5_295_000)
        assert LanguageModel.objects.get(slug="claude-sonnet-4-6").provider.name == "Anthropic"

    def test_changes_nothing_when_repeated(self):
        sync()
        before = list(LanguageModel.objects.values())
        assert "0 changed" in sync()
        assert list(LanguageModel.objects.values()) == before
        assert PriceVersion.objects.count() == len(before)

    def test_announces_a_changed_price_five_minutes_ahead(self, tmp_path: Path):
        write_catalogue(tmp_path)
        sync(tmp_path)
        reprice(tmp_path, '"5.295"', '"5.5"')
        assert "priced from" in sync(tmp_path)
        old, new = PriceVersion.objects.order_by("effective_at")
        assert new.effective_at == new.created_at + timedelta(minutes=5)
        sheet = prices.in_force(old.model_id, timezone.now())
        assert sheet is not None
        assert sheet.version_id == old.id
        assert "0 changed" in sync(tmp_path)

    def test_announces_a_price_that_comes_back_while_another_is_announced(self, tmp_path: Path):
        for output in ("5.295", "5.5", "5.295"):
            reprice(tmp_path, '"5.295"', f'"{output}"')
            sync(tmp_path)
        versions = PriceVersion.objects.order_by("effective_at")
        rates = [version.rates.get(meter="output").price_picos for version in versions]
        assert rates == [5_295_000, 5_500_000, 5_295_000]

    def test_schedules_a_price_for_the_moment_that_the_file_names(self, tmp_path: Path):
        write_catalogue(tmp_path)
        sync(tmp_path)
        moment = (timezone.now() + timedelta(days=30)).replace(microsecond=0)
        text = SONNET.replace('"5.295"', '"5.5"')
        write_catalogue(tmp_path, text.replace("as_of =", f"effective_at = {moment.isoformat()}\nas_of ="))
        sync(tmp_path)
        assert "0 changed" in sync(tmp_path)
        assert PriceVersion.objects.latest("effective_at").effective_at == moment

    @pytest.mark.parametrize("price", ["1.7", "0.03"])
    def test_refuses_a_price_that_moves_too_far(self, tmp_path: Path, price: str):
        write_catalogue(tmp_path)
        sync(tmp_path)
        reprice(tmp_path, 'cache_read = "0.1059"', f'cache_read = "{price}"')
        with pytest.raises(CommandError, match=r"cache_read: moves by a factor of .*--allow-big-moves"):
            sync(tmp_path)
        assert PriceVersion.objects.count() == 1
        assert "priced from" in sync(tmp_path, "--allow-big-moves")

    def test_counts_a_cache_price_that_goes_away_as_a_move_to_the_input_price(self, tmp_path: Path):
        write_catalogue(tmp_path)
        sync(tmp_path)
        reprice(tmp_path, 'cache_read = "0.1059"\n', "")
        with pytest.raises(CommandError, match=r"cache_read: moves by a factor of 10\.0"):
            sync(tmp_path)

    def test_updates_what_is_not_a_price_without_a_new_version(self, tmp_path: Path):
        write_catalogue(tmp_path)
        sync(tmp_path)
        reprice(tmp_path, 'description = "A model."', 'description = "Another text."\nis_active = false')
        assert "claude-sonnet-4-6: updated\n" in sync(tmp_path)
        assert PriceVersion.objects.count() == 1
        assert not LanguageModel.objects.get().is_active

    def test_leaves_a_model_without_a_file_as_it_is(self, tmp_path: Path):
        sync()
        write_catalogue(tmp_path)
        assert "gpt-5: has no file; left as it is" in sync(tmp_path, "--allow-big-moves")
        assert LanguageModel.objects.get(slug="gpt-5").is_active

    def test_writes_nothing_where_one_file_is_bad(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        path.with_name("zephyr.toml").write_text('name = "Zephyr"\ndescription = "No price."\n')
        with pytest.raises(CommandError, match=r"zephyr\.toml: prices: are missing"):
            sync(tmp_path)
        assert not LanguageModel.objects.exists()
        assert not Provider.objects.exists()

    def test_refuses_a_provider_that_nobody_named(self, tmp_path: Path):
        write_catalogue(tmp_path)
        (tmp_path / "providers.toml").write_text("")
        with pytest.raises(CommandError, match=r"anthropic is not in providers\.toml"):
            sync(tmp_path)
