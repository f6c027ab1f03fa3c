"""A copy of the code in a temporary folder, in which bugs are planted and taken out again."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
_FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)


class Scratch:
    """The copy, and engines of its own that all runs of tests share."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self._environ = {**environ, "PYTHONDONTWRITEBYTECODE": "1"}

    @contextlib.contextmanager
    def planting(self, bugs: Sequence[Bug]) -> Iterator[None]:
        """Have the bugs in the copy for as long as the block runs."""
        patches = [patch for bug in bugs for patch in bug.patches]
        drops = [statement for bug in bugs for statement in bug.drops]
        originals = {patch.path: (self.root / patch.path).read_text() for patch in patches}
        try:
            for patch in patches:
                (self.root / patch.path).write_text(patched(patch, self.root))
            if drops:
                (self.root / MIGRATION).write_text(_migration(self.root, drops))
            yield
        finally:
            for path, text in originals.items():
                (self.root / path).write_text(text)
            (self.root / MIGRATION).unlink(missing_ok=True)

    def failures(self, *tests: str, most: int = 3) -> tuple[list[str], str]:
        """Run tests in the copy until `most` have failed; return those, and what pytest wrote.

        A test that could not even begin has not noticed anything: it counts as no failure.
        """
        options = ("-q", "-rf", "--tb=short", "--no-header", "-p", "no:cacheprovider", f"--maxfail={most}")
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


def _migration(root: Path, statements: Sequence[str]) -> str:
    last = [(app, max(_migrations(root / app / "migrations"))) for app in APPS]
    return _DROPPING.format(dependencies=last, statements=list(statements))


def _migrations(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("[0-9]*.py") if path.name != Path(MIGRATION).name]
