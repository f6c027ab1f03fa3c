"""Forged messages over HTTP: none is accepted, none breaks anything, nothing is written.

These are some of them; `python -m tests.drills.forgeries` sends all.
"""

import http.client
import time
from urllib.parse import urlsplit

import psycopg

from billing.models import ProviderEvent
from tests import cast
from tests.alipay_servers import alipay_key
from tests.billing.top_ups.purchases import begin, begin_with_alipay
from tests.forgeries import alipay, over_http, stripe
from tests.our_web import Web
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET, Control


class TestAttack:
    def test_is_refused_and_writes_nothing(
        self,
        web: Web,
        stripe_connected: Control,
        alipay_connected: Control,
        owner_connection: psycopg.Connection,
    ):
        alice = cast.player("Alice")
        begin(alice)
        begin_with_alipay(alice, "key-2")
        before = over_http.count_rows(owner_connection)

        outcome = over_http.attack(web.url, secret=STRIPE_WEBHOOK_SECRET, key=alipay_key(), every=7)

        assert (outcome.accepted, outcome.broken) == ([], [])
        assert outcome.tried > 1000
        assert over_http.count_rows(owner_connection) == before

    def test_would_see_what_is_accepted(self, web: Web, stripe_connected: Control, alipay_connected: Control):
        address = urlsplit(web.url)
        assert address.hostname
        connection = http.client.HTTPConnection(address.hostname, address.port)
        signed = stripe.signed(stripe.BODY, secret=STRIPE_WEBHOOK_SECRET, at=int(time.time()))
        form = alipay.notification(alipay_key())

        answers = [
            over_http.send(connection, "/webhooks/stripe", stripe.BODY, signed),
            over_http.send(connection, "/webhooks/alipay", form, over_http.FORM),
        ]

        assert (answers, ProviderEvent.objects.count()) == ([200, 200], 2)
