"""The embedded Valkey: its configuration and its server program."""

import os
import re

import redis

from config.stack.places import Place
from config.stack.process import Program
from config.stack.state import Engines

_PREFIX = re.compile(r"^\d+:\S+ (\(\d+\) )?(\d+ \w+ \d+ [\d:.]+ )?([.*#-] )?")
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
databases 64
appendonly yes
appendfsync {fsync}
save ""
maxmemory-policy noeviction
daemonize no
loglevel warning
"""


def program(place: Place, engines: Engines, *, durable: bool) -> Program:
    """Return the server of this place; the password stands in its file, never in its arguments."""
    folder = place.make_folder("valkey")
    configuration = folder / "valkey.conf"

    def before_start() -> None:
        text = _CONFIGURATION.format(
            port=engines.valkey_port,
            password=engines.valkey_password,
            folder=folder,
            fsync="everysec" if durable else "no",
        )
        place.write_secret(configuration, text)

    return Program(
        name="valkey",
        command=(place.valkey_server, configuration),
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        is_ready=lambda: accepts(engines),
        before_start=before_start,
        readable=_readable,
        is_engine=True,
        user=place.user,
        # Valkey would share its data folder with a second server and spoil the append-only file.
        lock=place.home / "valkey.lock",
    )


def _readable(line: str) -> str:
    """Drop what the supervisor says already, and advice about a machine that is not ours to configure."""
    return "" if "overcommit" in line else _PREFIX.sub("", line)


def accepts(engines: Engines) -> bool:
    client = redis.Redis.from_url(engines.redis_url, socket_connect_timeout=2, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
