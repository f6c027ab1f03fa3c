"""What operators answer for: discrepancies and quarantined events, with a reason and on record."""

import pytest

from accounts.models import OperatorAction
from tests import cast, operators
from tests.cast import USD
from tests.operators import act, recorded
from tests.usage import waiting
from usage.models import UsageConflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 10 * USD)


@pytest.fixture
def root():
    return operators.root()


class TestDiscrepancies:
    def test_are_answered_once_with_a_reason(self, root, alice):
        row = waiting.discrepancy(alice)

        assert "must not be empty" in act(root, "usage/discrepancy", "answer", row.pk)
        assert "answered" in act(root, "usage/discrepancy", "answer", row.pk, reason="a test gateway")
        assert "was resolved" in act(root, "usage/discrepancy", "answer", row.pk, reason="again")

        row.refresh_from_db()
        assert (row.resolution, str(row.resolved_by)) == ("a test gateway", "root@example.com")
        assert recorded() == ["answer_discrepancy"]
        assert OperatorAction.objects.get().customer_id == alice.id

    def test_are_listed_by_whether_they_are_open(self, root, alice):
        row = waiting.discrepancy(alice)
        address = f"/admin/usage/discrepancy/{row.pk}/change/"

        assert address in root.get("/admin/usage/discrepancy/", {"open": "yes"}).content.decode()
        assert address not in root.get("/admin/usage/discrepancy/", {"open": "no"}).content.decode()
        page = root.get(address).content.decode()
        assert f"/admin/usage/request/{alice.id}/{row.request_id}/" in page


class TestQuarantine:
    def test_is_recorded_with_what_came_of_it(self, root, alice):
        event = waiting.quarantined(alice)

        act(root, "usage/quarantinedevent", "replay", event.pk)
        cast.model("new-model")
        for _ in range(2):
            act(root, "usage/quarantinedevent", "replay", event.pk)

        details = list(OperatorAction.objects.order_by("id").values_list("detail", flat=True))
        assert details == [
            {"result": "quarantined", "code": "unknown_model"},
            {"result": "accepted", "code": None},
        ]

    def test_is_answered_once_with_a_reason(self, root, alice):
        event = waiting.quarantined(alice)

        for reason in ("a test gateway", "again"):
            act(root, "usage/quarantinedevent", "resolve", event.pk, reason=reason)

        event.refresh_from_db()
        assert event.resolution == "by hand: a test gateway"
        assert recorded() == ["resolve_event"]


class TestConflicts:
    def test_are_shown_with_their_request(self, root, alice):
        held = cast.hold(alice)
        cast.send(cast.report(alice, held.request_id, output=7))
        cast.send(cast.report(alice, held.request_id, output=8))
        row = UsageConflict.objects.get()

        page = root.get("/admin/usage/usageconflict/").content.decode()
        assert f"/admin/usage/request/{alice.id}/{held.request_id}/" in page
        assert root.get(f"/admin/usage/usageconflict/{row.pk}/change/").status_code == 200
