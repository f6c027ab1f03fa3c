"""The embedded PostgreSQL: its cluster, its server program, its roles."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from config.stack import orphans
from config.stack.places import Place
from config.stack.process import Program
from config.stack.state import Engines

_ROLES = Path(__file__).with_name("roles.sql")
_DURABLE = {"fsync": "on", "full_page_writes": "on"}
# A throw-away cluster need not outlive the machine. Killed processes lose nothing without fsync either; they
# would without synchronous_commit.
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}
_ORPHAN_STOPS_WITHIN_S = 15
_TEST_GRANTS = """
    alter role owner createdb;
    grant set on parameter session_replication_role to owner;
"""


def program(place: Place, engines: Engines, *, durable: bool) -> Program:
    """Return the server of this place; its cluster is made on first start."""
    folder = place.make_folder("postgres")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(engines.postgres_port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "",
        "log_checkpoints": "off",
        # Statements that fail, and the rows that they fail on, hold the keys of sessions and worse.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        **(_DURABLE if durable else _THROW_AWAY),
    }
    options = [f"--{name}={value}" for name, value in settings.items()]

    def before_start() -> None:
        _make_cluster(place, folder, engines.superuser_password)
        _clear_stale_pid(folder / "data")
        orphans.end(folder / "data")

    return Program(
        name="postgres",
        command=(place.postgres_bin / "postgres", "-D", folder / "data", *options),
        # Nothing of the environment of whoever starts us, such as PGOPTIONS, reaches the server.
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        is_ready=lambda: accepts(engines),
        before_start=before_start,
        is_engine=True,
        stop_signal=signal.SIGINT,
        stop_within_s=20,
        user=place.user,
    )


def set_up_roles(place: Place, engines: Engines, *, for_tests: bool) -> None:
    """Create roles, database and default privileges where they are missing."""
    result = subprocess.run(  # noqa: S603
        [place.postgres_bin / "psql", "-X", "-q", "-f", _ROLES],
        env={
            "PATH": os.defpath,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(engines.postgres_port),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "PGPASSWORD": engines.superuser_password,
            "OWNER_PASSWORD": engines.owner_password,
            "APP_PASSWORD": engines.app_password,
            "PGOPTIONS": "-c client_min_messages=warning",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"roles.sql failed:\n{result.stderr}")
    if for_tests:
        with psycopg.connect(engines.superuser_url) as connection:
            connection.execute(_TEST_GRANTS)


def _make_cluster(place: Place, folder: Path, password: str) -> None:
    """Run initdb in a scratch folder and rename it when done: a killed initdb leaves nothing half-made."""
    data, scratch, password_file = folder / "data", folder / "initdb", folder / "password"
    if data.exists():
        return
    if scratch.exists():
        place.run("/bin/rm", "-rf", scratch)
    place.write_secret(password_file, password)
    try:
        place.run(
            place.postgres_bin / "initdb",
            *("-D", scratch, "--username=postgres", f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--no-sync"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )
    finally:
        password_file.unlink()
    scratch.rename(data)


def _clear_stale_pid(data: Path) -> None:
    """Deal with a postmaster.pid: stop an orphan of ours, drop a pid that now belongs to another program.

    PostgreSQL itself refuses to start when the pid in the file is alive, whatever runs under it.
    """
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        pid = int(pid_file.read_text().splitlines()[0])
        if not _is_postmaster(pid, data):
            pid_file.unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _ORPHAN_STOPS_WITHIN_S
        while _is_postmaster(pid, data) and time.monotonic() < deadline:
            time.sleep(0.05)


def _is_postmaster(pid: int, data: Path) -> bool:
    proc = Path("/proc/self").exists()
    ps = ("cat", f"/proc/{pid}/cmdline") if proc else ("ps", "-ww", "-o", "command=", "-p", str(pid))
    listing = subprocess.run(ps, capture_output=True, text=True, check=False)  # noqa: S603
    return str(data) in listing.stdout


def accepts(engines: Engines) -> bool:
    try:
        psycopg.connect(engines.superuser_url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
