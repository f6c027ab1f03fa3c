"""What the documents name exists: files, headings, make targets, commands, settings, and a word per model."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from usage.audit.invariants import ALL

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OURS = ("catalog", "accounts", "billing", "usage")

CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def code_of(path: Path) -> str:
    """Blocks and spans of code, one after another."""
    return "\n".join(CODE.findall(path.read_text()))


def anchors_of(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def known_variables() -> set[str]:
    """Settings, what the demo data is kept under, and what roles.sql reads."""
    sources = (".env.example", "config/management/commands/seed_demo.py", "config/stack/roles.sql")
    return {name for source in sources for name in VARIABLE.findall((ROOT / source).read_text())}


class TestDocuments:
    def test_are_found(self):
        names = {str(path.relative_to(ROOT)) for path in DOCUMENTS}

        assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/glossary.md"} <= names

    @each_document
    def test_link_to_what_exists(self, path):
        for target in ("".join(match) for match in LINK.findall(path.read_text())):
            if "://" in target:
                continue
            name, _, anchor = target.partition("#")
            linked = (path.parent / name).resolve() if name else path
            assert linked.exists(), target
            assert not anchor or anchor in anchors_of(linked), target

    @each_document
    def test_name_targets_of_the_makefile(self, path):
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

        assert set(re.findall(r"\bmake ([a-z]+)\b", code_of(path))) <= targets

    @each_document
    def test_name_commands_that_exist(self, path):
        assert set(re.findall(r"manage\.py ([a-z_]+)", path.read_text())) <= set(get_commands())

    @each_document
    def test_name_settings_of_the_example_file(self, path):
        code = code_of(path)
        assigned = set(re.findall(r"^\s*(?:export )?([A-Z_0-9]+)=", code, re.MULTILINE))

        assert set(VARIABLE.findall(code)) - assigned <= known_variables()


class TestReadme:
    def test_counts_the_invariants(self):
        assert f"All {len(ALL)} invariants hold." in (ROOT / "README.md").read_text()


class TestGlossary:
    def test_has_a_word_for_every_model(self):
        glossary = (ROOT / "docs/glossary.md").read_text()
        models = [model.__name__ for label in OURS for model in apps.get_app_config(label).get_models()]

        assert [name for name in models if f"`{name}`" not in glossary] == []


class TestDecisions:
    def test_are_numbered_as_their_files(self):
        pages = sorted((ROOT / "docs/adr").glob("*.md"))

        for number, page in enumerate(pages, start=1):
            assert page.name.startswith(f"{number:04}-")
            assert page.read_text().startswith(f"# {number}. ")
