"""Planted bugs still fit the code; whether tests notice them is for `python -m tests.drills.planted`."""

from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.drills.planted import bugs
from tests.drills.planted.bug import Bug, DoesNotApplyError, Patch, require_applies
from tests.drills.planted.bugs.constraints import CHECKS
from tests.drills.planted.scratch import Scratch

ROOT = Path(settings.BASE_DIR)

# A table's own CHECKs: partitions inherit theirs.
CHECKS_OF = """
    select conrelid::regclass::text, array_agg(conname::text)
      from pg_constraint
     where contype = 'c' and conrelid = any(%s::regclass[]) and coninhcount = 0
     group by conrelid
"""


class TestBugs:
    @pytest.mark.parametrize("bug", bugs.ALL, ids=lambda bug: bug.name)
    def test_still_apply(self, bug: Bug):
        require_applies(bug, ROOT)

    def test_have_names_of_their_own(self):
        assert len({bug.name for bug in bugs.ALL}) == len(bugs.ALL) >= 20

    def test_change_something_and_have_tests(self):
        assert [bug.name for bug in bugs.ALL if not (bug.patches or bug.drops) or not bug.tests] == []

    def test_drop_every_check_of_money(self, owner_connection: psycopg.Connection):
        found = owner_connection.execute(CHECKS_OF, [list(CHECKS)]).fetchall()

        assert {table: sorted(names) for table, names in found} == {
            table: sorted(checks) for table, checks in CHECKS.items()
        }


class TestRequireApplies:
    def bug(self, **changes: object) -> Bug:
        fields = {"name": "b", "says": "s", "tests": ("a.py",), "patches": (Patch("a.py", "one", "two"),)}
        return Bug(**(fields | changes))  # type: ignore[arg-type]

    @pytest.mark.parametrize("text", ["nothing", "one and one", ""])
    def test_refuses_what_is_not_there_once(self, tmp_path: Path, text: str):
        (tmp_path / "a.py").write_text(text)

        with pytest.raises(DoesNotApplyError):
            require_applies(self.bug(), tmp_path)

    def test_refuses_a_test_that_is_not_there(self, tmp_path: Path):
        (tmp_path / "a.py").write_text("one")

        with pytest.raises(DoesNotApplyError):
            require_applies(self.bug(tests=("a.py::TestGone::test_gone",)), tmp_path)


class TestScratch:
    def test_takes_a_bug_out_again(self, tmp_path: Path):
        for app in ("accounts", "billing", "catalog", "usage"):
            (tmp_path / app / "migrations").mkdir(parents=True)
            (tmp_path / app / "migrations/0001_initial.py").touch()
        (tmp_path / "a.py").write_text("one")
        before = {path: path.read_text() for path in tmp_path.rglob("*.py")}
        bug = Bug("b", "s", (), patches=(Patch("a.py", "one", "two"),), drops=("drop table t",))

        with Scratch(tmp_path, {}).planting([bug]):
            planted = {path: path.read_text() for path in tmp_path.rglob("*.py")}

        assert planted != before
        assert any("drop table t" in text and "0001_initial" in text for text in planted.values())
        assert {path: path.read_text() for path in tmp_path.rglob("*.py")} == before

    def test_counts_failures_and_no_errors(self, tmp_path: Path):
        (tmp_path / "test_a.py").write_text(
            "import pytest\n"
            "@pytest.fixture\ndef broken():\n    raise ValueError\n"
            "def test_errs(broken): pass\ndef test_fails(): assert False\ndef test_passes(): pass\n"
        )

        failed, output = Scratch(tmp_path, {}).failures("test_a.py")

        assert failed == ["test_a.py::test_fails"]
        assert "1 passed" in output
