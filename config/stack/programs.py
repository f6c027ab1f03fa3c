"""Our own processes: web, Celery worker, beat and key-events."""

import http.client
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.stack import ports
from config.stack.process import Program

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the processes listen and how many they are."""

    host: str = "127.0.0.1"
    web_port: int = 8000
    key_events_port: int = 8001
    web_workers: int = 1
    web_threads: int = 4
    worker_concurrency: int = 2


def counts(data_dir: Path) -> Path:
    """The folder in which our processes count for `/metrics`."""
    return data_dir / "metrics"


def forget_counts(data_dir: Path) -> None:
    """Begin at nothing: counts outlive the processes that made them, but not the service."""
    shutil.rmtree(counts(data_dir), ignore_errors=True)


def services(shape: Shape, data_dir: Path, environ: Mapping[str, str]) -> list[Program]:
    """Return our processes in the order of their start."""
    env = {
        **environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PROMETHEUS_MULTIPROC_DIR": str(counts(data_dir)),
    }
    threads = ("--workers", str(shape.web_workers), "--blocking-threads", str(shape.web_threads))
    concurrency = ("--pool", "prefork", "--concurrency", str(shape.worker_concurrency))
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    schedule = ("--schedule", str(data_dir / "beat-schedule"), "--pidfile=")
    return [
        Program(
            name="web",
            command=_granian("wsgi", shape.host, shape.web_port, *threads, "config.wsgi:application"),
            env=env,
            is_ready=lambda: _is_healthy(shape.web_port),
            stop_within_s=15,
        ),
        Program(
            name="key-events",
            command=_granian("asgi", shape.host, shape.key_events_port, "config.key_events:application"),
            env=env,
            is_ready=lambda: ports.answers(shape.key_events_port),
        ),
        Program(
            name="worker",
            command=_celery("worker", *concurrency, *quiet),
            env=env,
            says_when_ready=" ready.",
            stop_within_s=15,
        ),
        Program(name="beat", command=_celery("beat", *schedule), env=env),
    ]


def _granian(interface: str, host: str, port: int, *arguments: str) -> tuple[str, ...]:
    listen = ("--host", host, "--port", str(port), "--no-ws")
    limits = ("--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning")
    return (sys.executable, "-m", "granian", "--interface", interface, *listen, *limits, *arguments)


def _celery(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "--app", "config.celery", *arguments)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
