"""What a planted bug is: exact replacements in files, or a constraint that a migration drops."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Patch:
    """Replaces `old`, which stands exactly once in the file."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Bug:
    """`tests` are those that must notice it, as pytest takes them; `drops` is SQL for the owner.

    Bugs of one `batch` are planted together, to save time where they cannot hide each other: each is caught
    by a test whose id has its `sign`.
    """

    name: str
    says: str
    tests: tuple[str, ...]
    patches: tuple[Patch, ...] = ()
    drops: tuple[str, ...] = ()
    batch: str = ""
    sign: str = ""


class DoesNotApplyError(Exception):
    """The code has changed: the patch names what is no longer there, or what is there more than once."""


def patched(patch: Patch, root: Path) -> str:
    """The text of the patch's file with the bug in it."""
    path = root / patch.path
    text = path.read_text() if path.exists() else ""
    found = text.count(patch.old)
    if found != 1:
        raise DoesNotApplyError(f"{patch.path} has {found} times what is to be replaced: {patch.old!r}")
    return text.replace(patch.old, patch.new)


def require_applies(bug: Bug, root: Path) -> None:
    """Raise `DoesNotApplyError` unless each patch changes its file, and each test is there."""
    for patch in bug.patches:
        assert patched(patch, root) != (root / patch.path).read_text(), f"{bug.name} changes nothing"
    for test in bug.tests:
        path, _, name = test.partition("::")
        if name.rpartition("::")[2].partition("[")[0] not in (root / path).read_text():
            raise DoesNotApplyError(f"{bug.name} names a test that is not there: {test}")
