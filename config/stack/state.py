"""The embedded engines' passwords and ports: generated once, kept in DATA_DIR/stack.json."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from config.stack import locks, ports

DATABASE = "billing"


@dataclass(frozen=True, slots=True)
class Engines:
    """What reaches the embedded PostgreSQL and Valkey of one DATA_DIR."""

    secret_key: str
    superuser_password: str
    owner_password: str
    app_password: str
    valkey_password: str
    postgres_port: int
    valkey_port: int
    # Set where the servers' user cannot enter DATA_DIR; empty means that their files lie in DATA_DIR.
    home: str = ""

    @property
    def database_url(self) -> str:
        return self._postgres_url("app", self.app_password, DATABASE)

    @property
    def database_owner_url(self) -> str:
        return self._postgres_url("owner", self.owner_password, DATABASE)

    @property
    def superuser_url(self) -> str:
        return self._postgres_url("postgres", self.superuser_password, "postgres")

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.valkey_password}@127.0.0.1:{self.valkey_port}/0"

    def environ(self) -> dict[str, str]:
        """Return the settings that point a process at these engines."""
        return {
            "SECRET_KEY": self.secret_key,
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
        }

    def _postgres_url(self, role: str, password: str, database: str) -> str:
        return f"postgres://{role}:{password}@127.0.0.1:{self.postgres_port}/{database}"


def load(data_dir: Path) -> Engines:
    """Return the engines of `data_dir`, generating them on first use."""
    path = data_dir / "stack.json"
    if path.exists():
        return Engines(**json.loads(path.read_text()))
    make_data_dir(data_dir)
    with locks.exclusive(data_dir / "state.lock"):
        if not path.exists():
            _write(path, _generate())
    return load(data_dir)


def update(data_dir: Path, **changes: str | int) -> Engines:
    """Change some fields for good, for example a port that something else has taken meanwhile."""
    with locks.exclusive(data_dir / "state.lock"):
        engines = replace(load(data_dir), **changes)  # type: ignore[arg-type]
        _write(data_dir / "stack.json", engines)
    return engines


def make_data_dir(data_dir: Path) -> None:
    """Create the folder so that a server which runs as another user can reach its own sub-folder."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o711)


def _generate() -> Engines:
    return Engines(
        secret_key=secrets.token_urlsafe(48),
        superuser_password=secrets.token_urlsafe(24),
        owner_password=secrets.token_urlsafe(24),
        app_password=secrets.token_urlsafe(24),
        valkey_password=secrets.token_urlsafe(24),
        postgres_port=ports.choose(),
        valkey_port=ports.choose(),
    )


def _write(path: Path, engines: Engines) -> None:
    scratch = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(engines), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
