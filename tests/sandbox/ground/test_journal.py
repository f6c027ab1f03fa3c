"""What the stand-ins remember over a restart."""

from contextlib import closing
from pathlib import Path

import stripe

from sandbox.ground.journal import Journal, Store
from tests.sandbox.orders import checkout
from tests.sandbox.receiver import listening
from tests.sandbox_servers import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, Servers, running


def after_restart(path: Path, kind: str, *, name: str = "stripe") -> list[dict[str, object]]:
    """The objects that a new process would find."""
    with closing(Journal(path)) as journal:
        return Store(name, journal).all(kind)


class TestStore:
    def test_comes_back_as_it_was_left(self, tmp_path: Path) -> None:
        path = tmp_path / "sandbox.jsonl"
        with closing(Journal(path)) as journal:
            store = Store("stripe", journal)
            store.put("refund", "re_1", {"status": "pending"})
            store.put("refund", "re_2", {"status": "pending"})
            store.put("refund", "re_1", {"status": "failed"})
            store.put("charge", "ch_1", {})
            store.remove("charge", "ch_1")

        assert after_restart(path, "refund") == [{"status": "failed"}, {"status": "pending"}]
        assert after_restart(path, "charge") == []

    def test_keeps_two_stand_ins_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "sandbox.jsonl"
        with closing(Journal(path)) as journal:
            ours, theirs = Store("stripe", journal), Store("alipay", journal)
            ours.put("x", "1", {"of": "stripe"})
            theirs.put("x", "1", {"of": "alipay"})
            ours.clear()

        assert after_restart(path, "x") == []
        assert after_restart(path, "x", name="alipay") == [{"of": "alipay"}]

    def test_drops_a_line_that_was_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "sandbox.jsonl"
        with closing(Journal(path)) as journal:
            Store("stripe", journal).put("x", "1", {"n": 1})
        with path.open("a", encoding="utf-8") as file:
            file.write('{"store":"stripe","kind":"x","id":"2","rec')

        with closing(Journal(path)) as journal:
            Store("stripe", journal).put("x", "3", {"n": 3})

        assert after_restart(path, "x") == [{"n": 1}, {"n": 3}]

    def test_does_not_grow_with_changes(self, tmp_path: Path) -> None:
        path = tmp_path / "sandbox.jsonl"
        with closing(Journal(path)) as journal:
            for number in range(100):
                Store("stripe", journal).put("x", "1", {"n": number})

        assert after_restart(path, "x") == [{"n": 99}]
        assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def client_of(servers: Servers) -> stripe.StripeClient:
    return stripe.StripeClient(STRIPE_KEY, base_addresses={"api": servers.stripe.url})


class TestRestart:
    def test_keeps_payments_and_messages_that_nobody_acknowledged(self, tmp_path: Path) -> None:
        with listening() as receiver:
            arguments = (
                *("--stripe-port", "0", "--data", str(tmp_path / "sandbox.jsonl")),
                *("--stripe-webhook-url", receiver.url),
            )
            with running(arguments) as servers:
                servers.stripe.pause()
                session = checkout(client_of(servers))
                servers.stripe.act("complete", session=session.id, how="pay")
                servers.process.kill()

            with running(arguments) as servers:
                seen = client_of(servers).v1.checkout.sessions.retrieve(session.id)
                servers.stripe.flush()

            assert seen.payment_status == "paid"
            assert receiver.stripe_types(STRIPE_WEBHOOK_SECRET)[-1] == "checkout.session.completed"
