"""No message that Stripe did not sign now is ever read."""

from datetime import UTC, datetime

import pytest

from billing.payments.errors import Forged, Unavailable
from billing.payments.stripe import messages, signatures
from tests.forgeries.stripe import BODY, forgeries, signed

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET = "whsec_c2FuZGJveC1zZWNyZXQ"
OLD_SECRET = "whsec_b2xkLXNlY3JldA"


def read(body: bytes, headers: dict[str, str], *, secrets: tuple[str, ...] = (OLD_SECRET, SECRET)) -> str:
    signatures.verify(body, headers, secrets=secrets, now=NOW)
    return messages.read(body, account="", livemode=False).event_id


class TestRead:
    def test_accepts_what_stripe_signed(self):
        assert read(BODY, signed(BODY, secret=SECRET, at=AT)) == "evt_1Pgc76B7WZ01zgkWwyRHS12y"

    def test_accepts_each_of_several_secrets(self):
        assert read(BODY, signed(BODY, secret=OLD_SECRET, at=AT))

    def test_accepts_one_right_signature_among_several(self):
        header = signed(BODY, secret=SECRET, at=AT)["Stripe-Signature"]
        time, right = header.split(",")

        assert read(BODY, {"stripe-signature": f"{time},v1={'0' * 64},{right},v0={'0' * 64}"})

    @pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
    def test_accepts_five_minutes_of_difference(self, seconds: int):
        assert read(BODY, signed(BODY, secret=SECRET, at=AT + seconds))

    def test_refuses_every_forgery(self):
        accepted, tried = [], 0
        for name, body, headers in forgeries(secret=SECRET, now=NOW):
            tried += 1
            try:
                read(body, headers)
            except Forged:
                continue
            accepted.append(name)

        assert accepted == []
        assert tried > 2000

    @pytest.mark.parametrize("secrets", [(), ("",), (" ", "\n")])
    def test_is_unavailable_without_a_secret_even_for_what_was_signed_without(self, secrets: tuple[str, ...]):
        for secret in ("", *secrets):
            with pytest.raises(Unavailable):
                read(BODY, signed(BODY, secret=secret, at=AT), secrets=secrets)
