"""Small catalogues on disk for the tests of files, sync and import."""

from pathlib import Path

SONNET = """\
name = "Claude Sonnet 4.6"
description = "A model."
map_key = "claude-sonnet-4-6"

[limits]
context_tokens = 1000000
max_output_tokens = 128000

[prices]
source = "a test"
as_of = 2026-10-21

[prices.sale]
input = "1.059"
output = "5.295"
cache_read = "0.1059"

[prices.official]
input = "3"
output = "15"

[page]
about = ["A text."]
"""


def write_catalogue(data: Path, sonnet: str = SONNET) -> Path:
    """Write a catalogue of one model and return that model's file."""
    folder = data / "models" / "anthropic"
    folder.mkdir(parents=True, exist_ok=True)
    (data / "providers.toml").write_text('[anthropic]\nname = "Anthropic"\n')
    path = folder / "claude-sonnet-4-6.toml"
    path.write_text(sonnet, encoding="utf-8")
    return path
