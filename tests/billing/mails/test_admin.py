"""Operators' pages of mails: what nobody got is shown, and tried again on record."""

import pytest
from django.utils import timezone

from billing.models import Mail
from tests import operators
from tests.billing.mails.test_send import write
from tests.operators import act, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def given_up() -> Mail:
    mail = write("Alice")
    Mail.objects.filter(id=mail.id).update(next_try_at=None, attempts=9, failure="gone")
    return mail


class TestMails:
    def test_that_nobody_got_wait_for_an_operator(self, given_up):
        root = operators.root()

        assert "mails that nobody got" in root.get("/admin/").content.decode()
        assert "alice@example.com" in root.get("/admin/billing/mail/?state=given_up").content.decode()
        assert "alice@example.com" not in root.get("/admin/billing/mail/?state=sent").content.decode()

    def test_are_tried_again_on_record(self, given_up):
        told = act(operators.root(), "billing/mail", "try_again", given_up.id)

        assert "it goes out in a moment" in told
        assert recorded() == ["retry_mail"]
        given_up.refresh_from_db()
        assert given_up.next_try_at is not None
        assert given_up.attempts == 0

    def test_are_not_tried_again_where_they_still_wait(self):
        mail = write("Alice", now=timezone.now())

        assert "still waits" in act(operators.root(), "billing/mail", "try_again", mail.id)
        assert recorded() == []

    def test_need_a_permission_to_be_tried_again(self, given_up):
        act(operators.staff("billing.view_mail"), "billing/mail", "try_again", given_up.id)

        given_up.refresh_from_db()
        assert given_up.next_try_at is None

    @pytest.mark.parametrize("page", ["add/", "{id}/change/", "{id}/delete/"])
    def test_are_not_written_by_hand(self, given_up, page):
        operators.root().post(f"/admin/billing/mail/{page.format(id=given_up.id)}", {"recipient": "x@y.z"})

        assert Mail.objects.get().recipient == "alice@example.com"
