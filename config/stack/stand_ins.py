"""The stand-ins of Stripe and Alipay on one machine: keys made once, and the process that answers to them."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from config.stack import locks, ports, state
from config.stack.process import Program

_ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = (
    *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"),
    *("ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"),
)


@dataclass(frozen=True, slots=True)
class StandIns:
    """Where the stand-ins of one DATA_DIR listen, and the keys that they and we share."""

    stripe_port: int
    alipay_port: int
    stripe_key: str
    stripe_webhook_secret: str
    alipay: dict[str, str]

    @property
    def stripe_url(self) -> str:
        return f"http://127.0.0.1:{self.stripe_port}"

    @property
    def alipay_url(self) -> str:
        return f"http://127.0.0.1:{self.alipay_port}"

    def environ(self) -> dict[str, str]:
        """Return the settings that make our processes talk to the stand-ins."""
        return {
            "STRIPE_SECRET_KEY": self.stripe_key,
            "STRIPE_WEBHOOK_SECRET": self.stripe_webhook_secret,
            "STRIPE_API_BASE": self.stripe_url,
            "ALIPAY_GATEWAY": f"{self.alipay_url}/gateway.do",
            **self.alipay,
        }


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether nobody gave keys of a real provider, not even half of them."""
    return not any(environ.get(name) for name in _SETTINGS)


def load(data_dir: Path) -> StandIns:
    """Return the stand-ins of `data_dir`, with keys made on first use."""
    path = data_dir / "stand-ins.json"
    if path.exists():
        return StandIns(**json.loads(path.read_text()))
    state.make_data_dir(data_dir)
    with locks.exclusive(data_dir / "state.lock"):
        if not path.exists():
            _write(path, _generate(data_dir))
    return load(data_dir)


def with_free_ports(data_dir: Path) -> StandIns:
    """The same stand-ins, at other ports where something else has taken theirs meanwhile."""
    found = load(data_dir)
    taken = {
        name: ports.choose()
        for name in ("stripe_port", "alipay_port")
        if not ports.becomes_free(getattr(found, name))
    }
    if taken:
        with locks.exclusive(data_dir / "state.lock"):
            found = replace(found, **taken)  # type: ignore[arg-type] # Only ports are replaced.
            _write(data_dir / "stand-ins.json", found)
    return found


def program(found: StandIns, data_dir: Path, *, web_url: str) -> Program:
    """Both stand-ins in one process, which keeps its payments over a restart."""
    return Program(
        name="sandbox",
        command=(
            *(sys.executable, "-m", "sandbox"),
            *("--data", str(data_dir / "sandbox.jsonl")),
            *("--stripe-port", str(found.stripe_port), "--stripe-key", found.stripe_key),
            *("--stripe-webhook-url", f"{web_url}/webhooks/stripe"),
            *("--stripe-webhook-secret", found.stripe_webhook_secret),
            *("--alipay-port", str(found.alipay_port), "--alipay-keys", str(_alipay_file(data_dir))),
        ),
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(_ROOT)},
        is_ready=lambda: ports.answers(found.stripe_port) and ports.answers(found.alipay_port),
    )


def _generate(data_dir: Path) -> StandIns:
    command = [sys.executable, "-m", "sandbox.alipay.new_keys", str(_alipay_file(data_dir))]
    made = subprocess.run(command, cwd=_ROOT, check=True, text=True, stdout=subprocess.PIPE)  # noqa: S603
    return StandIns(
        stripe_port=ports.choose(),
        alipay_port=ports.choose(),
        stripe_key=f"sk_test_{secrets.token_hex(16)}",
        stripe_webhook_secret=f"whsec_{secrets.token_hex(16)}",
        alipay=dict(line.split("=", 1) for line in made.stdout.splitlines()),
    )


def _alipay_file(data_dir: Path) -> Path:
    return data_dir / "sandbox-alipay-keys.json"


def _write(path: Path, found: StandIns) -> None:
    scratch = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(found), file, indent=2)
    scratch.replace(path)
