"""Taking usage in: one answer for each report in its order, everything kept, the inbox idempotent."""

from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import Gateway
from tests import cast
from tests.cast import USD
from usage.models import QuarantinedEvent, UsageConflict, UsageEvent
from usage.services import ingest
from usage.services.reports import Report, Reporter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _model() -> None:
    cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


class TestAccept:
    def test_stores_an_event_whole(self, alice: cast.Player):
        now = timezone.now()
        report = Report(
            request_id=uuid7(),
            key_digest=alice.digest,
            model=cast.MODEL,
            counts=(1, 2, 3, 4, 5, None),
            outcome="timeout",
            evidence="estimated",
            reported_cost_nanos=123,
            upstream_request_id='msg_"1"\\,{}',
            first_byte_ms=250,
            duration_ms=1250,
            payload={},
        )

        cast.send(report, now=now)

        event = UsageEvent.objects.get()
        assert (event.customer_id, event.api_key_id, event.request_id) == (
            alice.id,
            alice.api_key_id,
            report.request_id,
        )
        assert (event.input, event.output, event.cache_read) == (1, 2, 3)
        assert (event.cache_write_5m, event.cache_write_1h, event.web_search) == (4, 5, None)
        assert (event.outcome, event.evidence, event.reported_cost_nanos) == ("timeout", "estimated", 123)
        assert (event.upstream_request_id, event.first_byte_ms, event.duration_ms) == (
            'msg_"1"\\,{}',
            250,
            1250,
        )
        assert (bytes(event.fingerprint), event.received_at) == (report.fingerprint(), now)
        assert event.gateway_id == cast.gateway().id

    def test_answers_in_the_order_of_the_reports(self, alice: cast.Player):
        charlie = cast.player("Charlie", USD)
        first, second = uuid7(), uuid7()
        reports = [
            cast.report(charlie, second, output=1),
            cast.report(alice, model="unknown", output=1),
            cast.report(alice, second, output=1),
            cast.report(alice, first, output=1),
            cast.report(alice, second, output=2),
            cast.report(alice, key_digest=b"\2" * 32, output=1),
            cast.report(alice, first, output=1),
        ]

        results = cast.send(*reports)

        assert [each.request_id for each in results] == [each.request_id for each in reports]
        assert [each.result for each in results] == [
            *("accepted", "quarantined", "accepted", "accepted"),
            *("conflict", "quarantined", "duplicate"),
        ]
        assert [each.code for each in results if each.code] == ["unknown_model", "unknown_key"]

    def test_of_nothing_is_nothing(self):
        assert cast.send() == []

    def test_keeps_each_odd_body_once(self, alice: cast.Player):
        request_id = uuid7()
        reports = [cast.report(alice, request_id, output=n) for n in (1, 2, 3)]
        odd = [cast.report(alice, request_id, model="unknown", output=n) for n in (1, 2)]
        for _ in range(3):
            cast.send(*reports, *odd)
        assert UsageEvent.objects.get().output == 1
        assert sorted(each.payload["meters"]["output"] for each in UsageConflict.objects.all()) == [2, 3]
        assert QuarantinedEvent.objects.count() == 2

    def test_keeps_the_same_odd_body_of_two_gateways_twice(self, alice: cast.Player):
        odd = cast.report(alice, model="unknown", output=1)
        for name in ("gateway-1", "gateway-2"):
            gateway = Gateway.objects.get_or_create(name=name)[0]
            ingest.accept([odd], Reporter(gateway.id, may_be_unheld=True), now=timezone.now())
        assert QuarantinedEvent.objects.count() == 2

    def test_knows_a_duplicate_in_another_month(self, alice: cast.Player):
        now = timezone.now()
        old = cast.report(alice, cast.id_at(now - timedelta(days=34)), output=1)
        new = cast.report(alice, output=1)
        cast.send(old, new)
        cast.settle()
        assert [each.result for each in cast.send(old, new, cast.report(alice, output=1))] == [
            "duplicate",
            "duplicate",
            "accepted",
        ]

    def test_takes_a_thousand_at_once(self, alice: cast.Player):
        results = cast.send(*(cast.report(alice, output=1) for _ in range(1000)))
        assert {each.result for each in results} == {"accepted"}
        assert cast.settle().charges == 1000


class TestFingerprint:
    def test_tells_not_reported_from_zero(self, alice: cast.Player):
        request_id = uuid7()
        bodies = [cast.report(alice, request_id, output=1), cast.report(alice, request_id, output=1, input=0)]
        assert bodies[0].fingerprint() != bodies[1].fingerprint()

    def test_does_not_depend_on_how_the_event_was_written(self, alice: cast.Player):
        request_id = uuid7()
        one = cast.report(alice, request_id, input=1, output=2)
        other = cast.report(alice, request_id, output=2, input=1)
        assert one.fingerprint() == other.fingerprint()
