"""Both stand-ins, driven by their control API over connections that stay open."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from sandbox.alipay import rsa
from tests import alipay_servers
from tests.drills.payments.terms import ALIPAY, STRIPE
from tests.sandbox_servers import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, running

PATIENCE_S = 300


@dataclass(slots=True)
class Providers:
    """`refused` counts acts that a stand-in said no to, as a bank would: a history tries them blindly."""

    addresses: dict[str, str]
    http: httpx.Client
    environ: dict[str, str]
    refused: int = 0
    faults: dict[str, float] = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path, url: str) -> Iterator[Self]:
        keys = folder / "alipay-keys.json"
        alipay_servers.write_keys(keys)
        arguments = (
            *("--stripe-port", "0", "--stripe-webhook-url", f"{url}/webhooks/stripe"),
            *("--alipay-port", "0", "--alipay-keys", str(keys)),
        )
        with running(arguments) as servers, httpx.Client(timeout=PATIENCE_S) as http:
            yield cls(servers.addresses, http, _environ(servers.addresses))

    def begin(self, seed: str, faults: dict[str, float]) -> None:
        """Let both forget everything and misbehave from now on as `faults` say; messages are kept back."""
        self.faults = faults
        for name in self.addresses:
            self.post(name, "reset")
            self.post(name, "seed", seed=hash_of(f"{seed}/{name}"))
            self.post(name, "answer", ms=0)
            self.post(name, "faults", **faults)
            self.post(name, "pause")

    def behave(self) -> None:
        """Lose and refuse nothing any more; doubled and reordered messages stay so."""
        for name in self.addresses:
            self.post(name, "faults", drop=0.0, refuse=0.0, cut=0.0)

    def act(self, provider: str, name: str, **body: Any) -> dict[str, Any] | None:
        """What a person or a bank does; None where the provider refuses it."""
        answer = self.http.post(f"{self.addresses[provider]}/_control/act/{name}", json=body)
        if answer.status_code == 400:
            self.refused += 1
            return None
        answer.raise_for_status()
        return dict(answer.json())

    def flush(self, provider: str) -> int:
        """Deliver what waits, once each; return how many messages still wait."""
        return int(self.post(provider, "flush")["pending"])

    def post(self, provider: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.addresses[provider]}/_control/{path}", json=body)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return dict(answer.json())

    def objects(self, provider: str, kind: str) -> list[dict[str, Any]]:
        answer = self.http.get(f"{self.addresses[provider]}/_control/objects/{kind}")
        answer.raise_for_status()
        return list(answer.json()["data"])


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return int.from_bytes(text.encode(), "big") % (2**31)


def _environ(addresses: dict[str, str]) -> dict[str, str]:
    return {
        "STRIPE_SECRET_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
        "STRIPE_API_BASE": addresses[STRIPE],
        "ALIPAY_APP_ID": alipay_servers.APP_ID,
        "ALIPAY_SELLER_ID": alipay_servers.SELLER_ID,
        "ALIPAY_PRIVATE_KEY": rsa.private_text(alipay_servers.app_key()),
        "ALIPAY_PUBLIC_KEY": rsa.public_text(alipay_servers.alipay_key()),
        "ALIPAY_GATEWAY": f"{addresses[ALIPAY]}/gateway.do",
    }
