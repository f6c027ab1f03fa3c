"""What a killed stand-in still knows."""

import signal
from pathlib import Path

import httpx

from billing.payments.alipay.provider import Alipay
from billing.payments.protocol import Lookup, PaymentState
from tests.alipay_servers import account, listening, order, write_keys
from tests.sandbox_servers import Control, running


class TestRestart:
    def test_forgets_no_trade_and_no_notification(self, tmp_path: Path):
        write_keys(tmp_path / "keys.json")
        keys, data = str(tmp_path / "keys.json"), str(tmp_path / "sandbox.jsonl")
        words = ("--alipay-port", "0", "--alipay-keys", keys, "--data", data)
        with listening() as callbacks:
            made = order(callbacks)
            with running(words) as servers:
                control = Control(servers.addresses["alipay"])
                control.answer_in(0)
                control.pause()
                provider = Alipay(account(f"{control.url}/gateway.do"))
                httpx.get(provider.start_checkout(made).url or "")
                control.act("pay", out_trade_no=made.reference)
                servers.process.send_signal(signal.SIGKILL)
                servers.process.wait()
            with running(words) as servers:
                provider = Alipay(account(f"{servers.addresses['alipay']}/gateway.do"))
                callbacks.wait_for(1)
                payment = provider.fetch(Lookup(object_id=made.reference))

                (message,) = callbacks.read(provider)
                assert message.kind == "trade_status_sync:TRADE_SUCCESS"
                assert payment
                assert payment.state == PaymentState.PAID
