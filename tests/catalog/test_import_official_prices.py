"""`import_official_prices`: exact figures, our multiplier, and nothing sold that no meter carries."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.files import model_files
from tests.catalog.data_files import SONNET, write_catalogue

ENTRY = {
    "mode": "chat",
    "max_input_tokens": 1_000_000,
    "max_output_tokens": 128_000,
    "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1.5e-05,
    "cache_read_input_token_cost": 3e-07,
    "cache_creation_input_token_cost": 3.75e-06,
    "cache_creation_input_token_cost_above_1hr": 6e-06,
    "input_cost_per_token_batches": 1.5e-06,
    "search_context_cost_per_query": {"low": 0.01, "medium": 0.01, "high": 0.01},
}


def run(data: Path, entry: object, *options: str) -> str:
    """Import a map of one entry into a catalogue of one model."""
    (data / "map.json").write_text(json.dumps({"claude-sonnet-4-6": entry}))
    out = StringIO()
    call_command(
        "import_official_prices",
        str(data / "map.json"),
        f"--data={data}",
        "--as-of=2026-10-21",
        "--source=a map",
        *options,
        stdout=out,
    )
    return out.getvalue()


def picos(path: Path) -> dict[str, tuple[int, int | None]]:
    offer = model_files.read_model(path).offer
    assert offer is not None
    return {price.meter: (price.picos, price.official_picos) for price in offer.price_set.prices}


class TestImport:
    def test_prices_each_figure_at_the_multiplier(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        run(tmp_path, ENTRY)
        assert picos(path) == {
            "input": (1_059_000, 3_000_000),
            "output": (5_295_000, 15_000_000),
            "cache_read": (105_900, 300_000),
            "cache_write_5m": (1_323_750, 3_750_000),
            "cache_write_1h": (2_118_000, 6_000_000),
            "web_search": (3_530_000_000, 10_000_000_000),
        }

    def test_records_source_date_and_multiplier_and_keeps_the_rest(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        run(tmp_path, ENTRY)
        text = path.read_text()
        assert 'source = "a map, claude-sonnet-4-6"\nas_of = 2026-10-21\nmultiplier = "0.353"' in text
        assert text.startswith(SONNET[: SONNET.index("[limits]")])
        assert text.endswith(SONNET[SONNET.index("[page]") :])

    def test_writes_the_same_file_when_repeated(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        run(tmp_path, ENTRY)
        text = path.read_text()
        run(tmp_path, ENTRY)
        assert path.read_text() == text

    def test_fills_in_a_file_that_has_no_prices_yet(self, tmp_path: Path):
        path = write_catalogue(tmp_path, SONNET[: SONNET.index("[limits]")])
        run(tmp_path, ENTRY)
        assert picos(path)["input"] == (1_059_000, 3_000_000)

    @pytest.mark.parametrize(
        ("official", "sale"), [(1.5e-11, 5), (5e-12, 2), (4.5e-11, 16), (1.5e-10, 52), (2.5e-10, 88)]
    )
    def test_rounds_half_to_even_at_six_decimals(self, tmp_path: Path, official: str, sale: int):
        path = write_catalogue(tmp_path)
        run(tmp_path, ENTRY | {"cache_read_input_token_cost": official}, "--multiplier=0.35")
        assert picos(path)["cache_read"][0] == sale

    def test_refuses_a_price_that_is_not_sixty_percent_below(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        run(tmp_path, ENTRY, "--multiplier=0.4")
        with pytest.raises(CommandError, match=r"input at 1\.200003 is not at least 60 % below"):
            run(tmp_path, ENTRY, "--multiplier=0.400001")
        assert picos(path)["input"] == (1_200_000, 3_000_000)

    @pytest.mark.parametrize("figure", ["absent", 0, 0.0])
    def test_leaves_out_a_meter_without_a_figure(self, tmp_path: Path, figure: object):
        path = write_catalogue(tmp_path)
        entry = ENTRY | {"cache_read_input_token_cost": figure}
        if figure == "absent":
            del entry["cache_read_input_token_cost"]
        run(tmp_path, entry)
        assert "cache_read" not in picos(path)

    @pytest.mark.parametrize(
        "search",
        [
            {"search_context_cost_per_query": {"low": 0.01, "high": 0.02}},
            {"search_free_requests": {"count": 1500}},
            {"web_search_billing_unit": "per_prompt"},
        ],
    )
    def test_leaves_out_a_search_price_that_depends_on_more(self, tmp_path: Path, search: dict[str, object]):
        path = write_catalogue(tmp_path)
        assert "web_search left out" in run(tmp_path, ENTRY | search)
        assert "web_search" not in picos(path)

    def test_caps_the_context_to_the_first_tier(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        tiers = {
            "input_cost_per_token_above_200k_tokens": 6e-06,
            "output_cost_per_token_above_128k_tokens": 1,
        }
        assert "context capped to 128000" in run(tmp_path, ENTRY | tiers)
        offer = model_files.read_model(path).offer
        assert offer is not None
        assert offer.context_tokens == 128_000

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"mode": "embedding"}, "is no chat model"),
            ({"deprecation_date": "2026-10-21"}, "was withdrawn"),
            ({"off_peak_pricing": {}}, "more than one price per meter"),
            ({"tiered_pricing": []}, "more than one price per meter"),
            ({"input_cost_per_audio_token": 1e-05}, "input_cost_per_audio_token is a price that no meter"),
            ({"output_cost_per_reasoning_token": 1}, "output_cost_per_reasoning_token is a price"),
            ({"input_cost_per_request": 0.005}, "input_cost_per_request is a price"),
            ({"input_cost_per_token": 0}, "the map has no input price"),
            ({"output_cost_per_token": None}, "the map has no output price"),
            ({"input_cost_per_token": True}, "is not a number"),
            ({"input_cost_per_token": "3"}, "is not a number"),
            ({"input_cost_per_token": -1e-6}, "no exact price"),
            ({"input_cost_per_token": 1e-13}, "no exact price"),
            ({"max_output_tokens": None}, "max_output_tokens is missing"),
            ({"max_input_tokens": "all"}, "max_input_tokens is missing"),
        ],
    )
    def test_leaves_out_a_model_that_it_could_not_bill(
        self, tmp_path: Path, change: dict[str, object], reason: str
    ):
        path = write_catalogue(tmp_path)
        with pytest.raises(CommandError, match=reason):
            run(tmp_path, ENTRY | change)
        assert path.read_text() == SONNET

    def test_refuses_a_model_that_the_map_does_not_know(self, tmp_path: Path):
        write_catalogue(tmp_path, SONNET.replace('map_key = "claude', 'map_key = "other'))
        with pytest.raises(CommandError, match="is not in the map"):
            run(tmp_path, ENTRY)

    def test_refuses_a_model_that_has_no_file(self, tmp_path: Path):
        write_catalogue(tmp_path)
        with pytest.raises(CommandError, match="no file with a map_key for gpt-5"):
            run(tmp_path, ENTRY, "--models", "gpt-5")

    @pytest.mark.parametrize("text", ["", "[]", '{"a": NaN}', "[" * 100_000])
    def test_refuses_what_is_not_a_map(self, tmp_path: Path, text: str):
        write_catalogue(tmp_path)
        (tmp_path / "map.json").write_text(text)
        with pytest.raises(CommandError, match=r"map\.json: "):
            call_command(
                "import_official_prices",
                str(tmp_path / "map.json"),
                f"--data={tmp_path}",
                "--as-of=2026-10-21",
            )

    @pytest.mark.parametrize("multiplier", ["1.000001", "-1", "0,3", "0.3530001"])
    def test_refuses_an_impossible_multiplier(self, tmp_path: Path, multiplier: str):
        write_catalogue(tmp_path)
        with pytest.raises(CommandError, match="--multiplier must be"):
            run(tmp_path, ENTRY, f"--multiplier={multiplier}")
