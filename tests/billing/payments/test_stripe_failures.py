"""What the SDK raises, as what it means to us."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from billing.payments.errors import Declined, ProviderError, Rejected, Unreachable
from billing.payments.protocol import Lookup
from tests.billing.payments.answering import Answer, Answering, answering
from tests.billing.payments.stripe_orders import order, provider_at


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering() as made:
        yield made


def error(status: int, **fields: Any) -> Answer:
    return status, json.dumps({"error": {"message": "No.", **fields}}).encode()


def raised_by(server: Answering, answer: Answer) -> ProviderError:
    server.answer = answer
    with pytest.raises(ProviderError) as raised:
        provider_at(server.url).start_checkout(order())
    return raised.value


class TestTranslated:
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (error(400, type="invalid_request_error", code="amount_too_small"), "amount_too_small"),
            (error(400, type="invalid_request_error"), "invalid_request"),
            (error(404, type="invalid_request_error", code="resource_missing"), "resource_missing"),
            (error(400, type="idempotency_error"), "idempotency_error"),
            (error(409, type="idempotency_error"), "idempotency_error"),
            (error(400, type="invalid_request_error", code=[]), "invalid_request"),
        ],
    )
    def test_refusals_are_final(self, server: Answering, answer: Answer, reason: str):
        refused = raised_by(server, answer)

        assert type(refused) is Rejected
        assert refused.reason == reason

    @pytest.mark.parametrize(
        ("fields", "reason", "needs_customer"),
        [
            ({"code": "card_declined", "decline_code": "do_not_honor"}, "do_not_honor", False),
            ({"code": "expired_card"}, "expired_card", False),
            ({"code": "authentication_required"}, "authentication_required", True),
            (
                {"code": "card_declined", "decline_code": "authentication_required"},
                "authentication_required",
                True,
            ),
            ({}, "card_declined", False),
        ],
    )
    def test_a_declined_card_says_why(
        self, server: Answering, fields: dict[str, str], reason: str, needs_customer: bool
    ):
        declined = raised_by(server, error(402, type="card_error", **fields))

        assert isinstance(declined, Declined)
        assert (declined.reason, declined.needs_customer) == (reason, needs_customer)

    @pytest.mark.parametrize(
        "answer",
        [
            error(500, type="api_error"),
            error(502, type="api_error"),
            error(429, type="invalid_request_error", code="rate_limit"),
            error(429, type="invalid_request_error", code="lock_timeout"),
            error(409, type="idempotency_error", code="idempotency_key_in_use"),
            error(401, type="invalid_request_error"),
            error(403, type="invalid_request_error"),
            (503, b"<html>down</html>"),
            (200, b"<html>a captive portal</html>"),
            (200, b""),
            (200, b"[]"),
            (200, b"null"),
            (200, b"{}"),
            (200, b'{"id": 7}'),
            (200, b"\xff\xfe"),
            (200, b'{"id": "cs_1", "url": null, "expires_at": "soon"}'),
            (200, b"[" * 100_000),
            (500, b'{"error": []}'),
            (500, b'{"error": "no"}'),
            (302, b""),
        ],
    )
    def test_whatever_else_leaves_the_outcome_unknown(self, server: Answering, answer: Answer):
        assert type(raised_by(server, answer)) is Unreachable

    def test_tries_once_more_where_stripe_failed(self, server: Answering):
        raised_by(server, error(500, type="api_error"))

        assert server.asked == 2

    def test_does_not_wait_for_ever(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"

            with pytest.raises(Unreachable):
                provider_at(url).fetch(Lookup(object_id="cs_test_1"))

    def test_tells_nobody_the_key(self, server: Answering, caplog: pytest.LogCaptureFixture):
        caplog.set_level("DEBUG")
        server.answer = error(401, type="invalid_request_error")
        provider = provider_at(
            server.url, secret_key="sk_test_very_secret", webhook_secrets=("whsec_secret",)
        )

        with pytest.raises(Unreachable) as raised:
            provider.start_checkout(order())

        told = caplog.text + repr(raised.value) + repr(provider) + repr(vars(provider))
        assert "sk_test_very_secret" not in told
        assert "whsec_secret" not in told
