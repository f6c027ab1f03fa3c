"""What operators do with events that could not be charged."""

import pytest
from django.test import Client

from accounts.models import User
from tests import cast
from tests.cast import USD
from usage.models import QuarantinedEvent, UsageEvent

pytestmark = pytest.mark.django_db
PAGE = "/admin/usage/quarantinedevent/"


@pytest.fixture
def operator():
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", "a long password"))
    return client


@pytest.fixture
def event():
    cast.model()
    alice = cast.player("Alice", USD)
    cast.send(cast.report(alice, model="new-model", output=7))
    return QuarantinedEvent.objects.get()


def act(client, action, event, **fields):
    answer = client.post(PAGE, {"action": action, "_selected_action": str(event.id), **fields}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


class TestQuarantinedEvents:
    def test_are_shown_and_neither_added_nor_deleted(self, operator, event):
        assert str(event.request_id) in operator.get(PAGE).content.decode()
        assert operator.get(f"{PAGE}{event.id}/change/").status_code == 200
        assert operator.get(f"{PAGE}add/").status_code == 403
        assert operator.post(f"{PAGE}{event.id}/delete/", {"post": "yes"}).status_code == 403

    def test_are_tried_again(self, operator, event):
        assert "unknown_model" in act(operator, "replay", event)
        cast.model("new-model")
        assert "accepted" in act(operator, "replay", event)
        assert "resolved before" in act(operator, "replay", event)
        assert UsageEvent.objects.count() == 1

    def test_are_resolved_with_a_reason(self, operator, event):
        assert "must not be empty" in act(operator, "resolve", event)
        assert "resolved" in act(operator, "resolve", event, reason="a test gateway")
        event.refresh_from_db()
        assert event.resolution == "by hand: a test gateway"
