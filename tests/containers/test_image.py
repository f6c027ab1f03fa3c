"""What the Dockerfile copies, installs and runs as."""

import re
from fnmatch import fnmatch

from django.conf import settings

from tests.containers.compose import ROOT

INSTRUCTIONS = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()


def arguments(instruction: str) -> list[str]:
    """What follows each instruction of this name, in order."""
    lines = [line.partition(" ") for line in INSTRUCTIONS]
    return [rest for name, _, rest in lines if name == instruction]


def copied() -> list[str]:
    return [line.split()[0] for line in arguments("COPY") if not line.startswith("--from=")]


class TestDockerfile:
    def test_builds_on_images_without_a_registrys_address(self):
        assert {image.split()[0] for image in arguments("FROM")} == {"python:3.11-slim"}

    def test_runs_as_a_user_without_rights(self):
        assert arguments("USER") == ["10001:10001"]
        assert "--uid 10001 --gid 10001" in " ".join(arguments("RUN"))

    def test_copies_what_exists(self):
        assert [source for source in copied() if not (ROOT / source).exists()] == []

    def test_copies_every_app(self):
        packages = {name.partition(".")[0] for name in settings.INSTALLED_APPS}
        apps = {name for name in packages if (ROOT / name).is_dir()}

        assert apps | {"manage.py", "requirements/app.txt"} == set(copied())

    def test_installs_by_hash_and_names_no_index(self):
        (install,) = [line for line in arguments("RUN") if "pip install" in line]
        pinned = (ROOT / "requirements/app.txt").read_text()

        assert "--require-hashes" in install
        assert "index" not in install + pinned.replace("# via", "")
        assert "://" not in pinned

    def test_has_no_secret(self):
        assert re.findall(r"PASSWORD|SECRET|TOKEN", "\n".join(INSTRUCTIONS)) == []


class TestDockerignore:
    def test_lets_only_in_what_is_copied(self):
        lines = (ROOT / ".dockerignore").read_text().split()

        assert lines[0] == "*"
        assert {line[1:] for line in lines if line.startswith("!")} == set(copied())

    def test_keeps_secrets_data_and_caches_out(self):
        kept_out = [line for line in (ROOT / ".dockerignore").read_text().split() if not line.startswith("!")]

        for path in (".env", ".data", ".venv", ".git", "config/__pycache__", "config/x.pyc"):
            assert any(fnmatch(path, line.removeprefix("**/")) or fnmatch(path, line) for line in kept_out)
