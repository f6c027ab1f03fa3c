"""The catalogue's files: what ships is sound, and every mistake names its file, field and reason."""

from pathlib import Path

import pytest

from catalog.errors import BadModelFile
from catalog.files import model_files
from catalog.rating import METERS
from tests.catalog.data_files import SONNET, write_catalogue

PAGE_QUESTION = '[page]\n[[page.questions]]\nquestion = "?"\nanswer = "%s"\n'
PAGE_CAPABILITY = "[page]\n[[page.capabilities]]\ntitle = 'a'\ntext = 'b'\nrequest = '%s'\n"


class TestShippedCatalogue:
    def test_holds_a_dozen_models_of_several_providers(self):
        models = model_files.read_models()
        assert len(models) >= 12
        assert {model.provider for model in models} <= set(model_files.read_providers())
        assert len({model.provider for model in models}) >= 6

    def test_prices_sonnet_as_the_platform_publishes_it(self):
        sonnet = next(model for model in model_files.read_models() if model.slug == "claude-sonnet-4-6")
        assert sonnet.offer is not None
        assert (sonnet.offer.context_tokens, sonnet.offer.max_output_tokens) == (1_000_000, 128_000)
        assert dict(zip(METERS, sonnet.offer.price_set.picos, strict=True)) == {
            "input": 1_059_000,
            "output": 5_295_000,
            "cache_read": 105_900,
            "cache_write_5m": 1_323_750,
            "cache_write_1h": 2_118_000,
            "web_search": 3_530_000_000,
        }

    def test_sells_everything_at_least_sixty_percent_below_the_official_price(self):
        for model in model_files.read_models():
            assert model.offer is not None
            assert model.offer.price_set.official_as_of_date is not None
            for price in model.offer.price_set.prices:
                assert price.official_picos is not None
                assert price.picos * 100 <= price.official_picos * 40

    def test_describes_sonnet_completely(self):
        sonnet = next(model for model in model_files.read_models() if model.slug == "claude-sonnet-4-6")
        counts = {name: len(part) for name, part in sonnet.details.items() if isinstance(part, list)}
        assert counts["parameters"] == 13
        assert counts["capabilities"] == 5
        assert (counts["badges"], counts["use_cases"], counts["questions"]) == (3, 4, 4)
        capabilities = sonnet.details["capabilities"]
        assert isinstance(capabilities, list)
        assert {capability["request"]["max_tokens"] for capability in capabilities} == {1024}


class TestReadModel:
    @pytest.mark.parametrize(
        ("old", "new", "field", "reason"),
        [
            ('name = "Claude Sonnet 4.6"\n', "", "name", "is missing"),
            ('name = "Claude Sonnet 4.6"', 'name = " "', "name", "1 to 120 characters"),
            ("[limits]", "surprise = 1\n[limits]", "surprise", "is not a field"),
            ("= 1000000", "= true", "limits.context_tokens", "must be a whole number"),
            ("= 1000000", "= 1.5", "limits.context_tokens", "must be a whole number"),
            ("= 1000000", "= 0", "limits.context_tokens", "must be 1 to"),
            ('input = "1.059"', "input = 1.059", "prices.sale.input", "must be a text"),
            ('input = "1.059"', 'input = "1.0590001"', "prices.sale.input", "plain decimal"),
            ('input = "1.059"', 'input = "-1"', "prices.sale.input", "plain decimal"),
            ('input = "1.059"', 'input = "0"', "prices.sale", "out of range"),
            ('input = "1.059"', 'input = "3.1"', "prices.sale", "above the provider's own"),
            ('input = "1.059"\n', "", "prices.official.input", "has no sale price"),
            ('input = "3"', 'batch = "3"', "prices.official.batch", "is not a field"),
            ("as_of = 2026-10-21", "as_of = 2026-10-21T00:00:00Z", "prices.as_of", "must be a date"),
            ("as_of = 2026-10-21", "effective_at = 2026-10-21T00:00:00", "prices.effective_at", "time zone"),
            ("[limits]\ncontext_tokens = 1000000\nmax_output_tokens = 128000", "", "limits", "is missing"),
            ('about = ["A text."]', "about = [1]", "page.about", "list of texts"),
            ('about = ["A text."]', 'badges = ["New"]', "page.badges", "list of tables"),
        ],
    )
    def test_names_file_field_and_reason(self, tmp_path: Path, old: str, new: str, field: str, reason: str):
        assert old in SONNET
        path = write_catalogue(tmp_path, SONNET.replace(old, new))
        with pytest.raises(BadModelFile, match=reason) as caught:
            model_files.read_model(path)
        assert (caught.value.path, caught.value.field) == (path, field)
        assert str(caught.value).startswith(f"{path}: {field}: ")

    @pytest.mark.parametrize(
        ("page", "field", "reason"),
        [
            (PAGE_QUESTION % "costs {price}", "page.questions[1].answer", "placeholders"),
            (PAGE_CAPABILITY % "{", "page.capabilities[1].request", "is not JSON"),
            (PAGE_CAPABILITY % '{"model": "gpt-5"}', "page.capabilities[1].request", "whose model is"),
        ],
    )
    def test_checks_what_a_reader_would_copy(self, tmp_path: Path, page: str, field: str, reason: str):
        path = write_catalogue(tmp_path, SONNET[: SONNET.index("[page]")] + page)
        with pytest.raises(BadModelFile, match=reason) as caught:
            model_files.read_model(path)
        assert caught.value.field == field

    @pytest.mark.parametrize("text", [b"name = ", b"\xff\xfe", b"name = 'a'\nname = 'b'"])
    def test_refuses_what_is_not_toml(self, tmp_path: Path, text: bytes):
        path = write_catalogue(tmp_path)
        path.write_bytes(text)
        with pytest.raises(BadModelFile, match="cannot be read"):
            model_files.read_model(path)

    def test_refuses_a_file_name_that_is_no_model_id(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        with pytest.raises(BadModelFile, match="model id"):
            model_files.read_model(path.rename(path.with_name("Sonnet 4.toml")))

    def test_refuses_one_model_id_of_two_providers(self, tmp_path: Path):
        path = write_catalogue(tmp_path)
        other = tmp_path / "models" / "openai" / path.name
        other.parent.mkdir()
        other.write_text(SONNET)
        with pytest.raises(BadModelFile, match="the same model id"):
            model_files.read_models(tmp_path)
