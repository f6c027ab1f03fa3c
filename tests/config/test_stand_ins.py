"""The providers' stand-ins of a data folder: when they are meant, and what they and we share."""

import socket
import stat
from pathlib import Path

import httpx
import pytest

from config.stack import stand_ins
from config.stack.supervisor import Supervisor


class TestWanted:
    def test_is_true_without_any_key(self):
        assert stand_ins.wanted({"DATABASE_URL": "", "STRIPE_SECRET_KEY": ""})

    @pytest.mark.parametrize(
        "name", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "ALIPAY_APP_ID"]
    )
    def test_is_false_with_half_of_a_real_provider(self, name):
        assert not stand_ins.wanted({name: "given"})


class TestLoad:
    def test_makes_keys_once_that_only_the_owner_reads(self, tmp_path: Path):
        first = stand_ins.load(tmp_path)

        assert stand_ins.load(tmp_path) == first
        for name in ("stand-ins.json", "sandbox-alipay-keys.json"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600

    def test_makes_others_for_another_folder(self, tmp_path: Path):
        one, other = stand_ins.load(tmp_path / "one"), stand_ins.load(tmp_path / "other")

        shared = {name for name, value in one.environ().items() if other.environ()[name] == value}
        assert shared == {"ALIPAY_APP_ID", "ALIPAY_SELLER_ID"}


class TestWithFreePorts:
    def test_leaves_a_port_that_something_else_has(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("config.stack.ports.time.monotonic", iter(range(0, 10_000, 10)).__next__)
        before = stand_ins.load(tmp_path)
        with socket.socket() as other:
            other.bind(("127.0.0.1", before.stripe_port))
            after = stand_ins.with_free_ports(tmp_path)

        assert after.stripe_port != before.stripe_port
        assert after.alipay_port == before.alipay_port
        assert stand_ins.load(tmp_path) == after


@pytest.mark.slow
class TestProgram:
    def test_answers_to_our_keys_alone(self, tmp_path: Path):
        found = stand_ins.load(tmp_path)
        supervisor = Supervisor(lambda _name, _line: None)
        supervisor.start(stand_ins.program(found, tmp_path, web_url="http://127.0.0.1:1"))
        try:
            ours, others = (
                httpx.get(f"{found.stripe_url}/v1/refunds", headers={"Authorization": f"Bearer {key}"})
                for key in (found.stripe_key, "sk_test_other")
            )
        finally:
            supervisor.stop()

        assert (ours.status_code, others.status_code) == (200, 401)
