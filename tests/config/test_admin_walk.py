"""Walks every page and every action of the site: whoever adds one says here what it may change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import Action, User
from accounts.operators.audited import AuditedAdmin
from config.admin_site import OperatorSite
from tests import cast, operators
from tests.cast import USD
from tests.operators import act, recorded
from tests.usage import waiting

pytestmark = pytest.mark.django_db

# What a superuser may do to rows by Django's own forms; nothing else, and nothing with money.
BY_FORM = {
    "accounts.user": {"add", "change"},
    "accounts.customer": {"change"},
    "accounts.apikey": {"change"},
    "auth.group": {"add", "change", "delete"},
    "billing.billingdetails": {"add", "change"},
}
# What each action leaves on record.
ACTIONS = {
    ("accounts.customer", "freeze"): Action.FREEZE,
    ("accounts.customer", "unfreeze"): Action.UNFREEZE,
    ("accounts.customer", "close"): Action.CLOSE,
    ("accounts.apikey", "revoke"): Action.REVOKE_KEY,
    ("accounts.servicetoken", "revoke"): Action.REVOKE_TOKEN,
    ("usage.quarantinedevent", "replay"): Action.REPLAY_EVENT,
    ("usage.quarantinedevent", "resolve"): Action.RESOLVE_EVENT,
    ("usage.discrepancy", "answer"): Action.ANSWER_DISCREPANCY,
    ("billing.mail", "try_again"): Action.RETRY_MAIL,
    ("billing.redemptioncode", "revoke"): Action.REVOKE_CODE,
    ("billing.providerevent", "replay"): Action.REPLAY_PAYMENT_EVENT,
    ("billing.providerevent", "resolve"): Action.RESOLVE_PAYMENT_EVENT,
    ("billing.paymentalert", "answer"): Action.ANSWER_PAYMENT_ALERT,
    ("billing.paymentdiscrepancy", "answer_for"): Action.ANSWER_DISCREPANCY,
}
# Rows that belong to nobody of the cast.
MADE: dict[str, Callable[[], Any]] = {
    "accounts.servicetoken": waiting.token,
    "billing.redemptioncode": waiting.code,
    "billing.providerevent": waiting.payment_event,
    "billing.paymentdiscrepancy": waiting.payment_difference,
}
MONEY = ("billing", "usage", "catalog")
# Names and addresses: what is issued keeps those of its day.
NO_MONEY = {"billing.billingdetails"}
PAGES = list(admin.site._registry.items())


@pytest.fixture
def as_root() -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("root@example.com")
    return request


def label(model: Any) -> str:
    return str(model._meta.label_lower)


class TestEveryPage:
    @pytest.mark.parametrize(("model", "page"), PAGES, ids=[label(model) for model, _ in PAGES])
    def test_lets_a_superuser_write_only_what_is_listed(self, as_root, model, page):
        may = {
            verb for verb in ("add", "change", "delete") if getattr(page, f"has_{verb}_permission")(as_root)
        }

        assert may == BY_FORM.get(label(model), set())
        assert not may or model._meta.app_label not in MONEY or label(model) in NO_MONEY

    @pytest.mark.parametrize(("model", "page"), PAGES, ids=[label(model) for model, _ in PAGES])
    def test_records_what_is_written(self, model, page):
        assert isinstance(page, AuditedAdmin) or model._meta.app_label == "catalog"
        assert page.list_editable == ()

    @pytest.mark.parametrize(("model", "page"), PAGES, ids=[label(model) for model, _ in PAGES])
    def test_refuses_forms_for_what_may_not_be_written(self, model, page):
        root = operators.root()
        name = f"{model._meta.app_label}_{model._meta.model_name}"

        if "add" not in BY_FORM.get(label(model), ()):
            assert root.post(reverse(f"admin:{name}_add"), {}).status_code == 403
        assert root.get(reverse(f"admin:{name}_changelist")).status_code == 200
        assert recorded() == []

    def test_has_actions_that_are_listed(self, as_root):
        known = {(label(model), name) for model, page in PAGES for name in page.get_actions(as_root)}

        assert known == set(ACTIONS)

    def test_of_records_is_for_the_eye_only(self):
        site = admin.site
        assert isinstance(site, OperatorSite)
        root = operators.root()

        for records in site.records:
            address = reverse(f"admin:{records.name()}_changelist")
            assert root.get(address).status_code == 200
            assert records.model not in site._registry


class TestEveryAction:
    @pytest.mark.parametrize(("where", "action"), ACTIONS, ids=[".".join(pair) for pair in ACTIONS])
    def test_leaves_a_row_where_it_changes_something(self, where, action):
        row = _row(where, action)

        act(operators.root(), where.replace(".", "/"), action, row.pk, reason="because")

        assert recorded() == [ACTIONS[where, action]]

    @pytest.mark.parametrize(("where", "action"), ACTIONS, ids=[".".join(pair) for pair in ACTIONS])
    def test_does_nothing_for_who_may_only_look(self, where, action):
        row = _row(where, action)
        app, model = where.split(".")
        before = type(row).objects.filter(pk=row.pk).values().get()

        act(operators.staff(f"{app}.view_{model}"), f"{app}/{model}", action, row.pk, reason="because")

        assert recorded() == []
        assert type(row).objects.filter(pk=row.pk).values().get() == before


def _row(where: str, action: str) -> Any:
    """A row that the action changes."""
    cast.model()
    alice = cast.player("Alice", USD)
    if where == "accounts.customer":
        if action == "unfreeze":
            waiting.frozen(alice)
        return alice.customer
    if where == "accounts.apikey":
        return alice.customer.api_keys.get()
    if where in MADE:
        return MADE[where]()
    if where == "billing.mail":
        return waiting.given_up_mail(alice)
    if where == "billing.paymentalert":
        return waiting.payment_alert(alice)
    return waiting.discrepancy(alice) if where == "usage.discrepancy" else waiting.quarantined(alice)
