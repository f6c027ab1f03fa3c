"""A copy of the code in a temporary folder, in which bugs are planted and taken out again."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.stack import throw_away
from tests.drills.planted.bug import Bug, patched

ROOT = Path(__file__).resolve().parents[3]
APPS = ("accounts", "billing", "catalog", "usage")
MIGRATION = "usage/migrations/9999_planted.py"

_DROPPING = '''"""Drops what protects the books."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = {dependencies}

    operations = [migrations.RunSQL({statements})]
'''
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


class Scratch:
    """The copy, and engines of its own that all runs of tests share."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self._environ = {**environ, "PYTHONDONTWRITEBYTECODE": "1"}

    @contextlib.contextmanager
    def planting(self, bug: Bug) -> Iterator[None]:
        """Have the bug in the copy for as long as the block runs."""
        originals = {patch.path: (self.root / patch.path).read_text() for patch in bug.patches}
        try:
            for patch in bug.patches:
                (self.root / patch.path).write_text(patched(patch, self.root))
            if bug.drops:
                (self.root / MIGRATION).write_text(_migration(self.root, bug.drops))
            yield
        finally:
            for path, text in originals.items():
                (self.root / path).write_text(text)
            (self.root / MIGRATION).unlink(missing_ok=True)

    def failures(self, *tests: str) -> tuple[list[str], str]:
        """Run tests in the copy; return those that failed, and what pytest wrote.

        A test that could not even begin has not noticed anything: it counts as no failure.
        """
        options = ("-q", "-rf", "--tb=short", "--no-header", "-p", "no:cacheprovider", "--maxfail=3")
        result = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.root,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return _FAILED.findall(result.stdout), result.stdout


@contextlib.contextmanager
def copy() -> Iterator[Scratch]:
    """Copy what git knows of, with what is not committed yet; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder, throw_away.running_engines() as engines:
        root = Path(folder)
        for name in _files():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        yield Scratch(root, {**throw_away.inherited_environ(), **engines})


def _files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return [name for name in listed.stdout.split("\0") if name and os.path.lexists(ROOT / name)]


def _migration(root: Path, statements: tuple[str, ...]) -> str:
    last = [(app, max(_migrations(root / app / "migrations"))) for app in APPS]
    return _DROPPING.format(dependencies=last, statements=list(statements))


def _migrations(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("[0-9]*.py") if path.name != Path(MIGRATION).name]
