"""Messages of providers, and payments that somebody has to look at: tried again, or answered for."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address, link, short
from accounts.operators.open_rows import OpenFilter, answer_each
from accounts.operators.reasons import ReasonForm
from billing import wake
from billing.errors import BillingError
from billing.models import PaymentAlert, ProviderEvent
from billing.services import payment_alerts
from billing.services.top_ups import events, inbox

MOST_SHOWN = 20_000


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "provider", "kind", "state", "code", "detail", "received_at", "resolution")
    list_filter = ("state", "provider")
    ordering = ("-id",)
    search_fields = ("=event_id", "=object_id", "=payment_id")
    search_help_text = "The provider's whole id of the message, the checkout or the payment"
    fields = (
        *("provider", "event_id", "kind", "state", "code", "detail", "object_id", "payment_id", "refunds"),
        *("received_at", "attempts", "next_try_at", "ended_at", "resolution", "signed"),
    )
    action_form = ReasonForm
    actions = ("replay", "resolve")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderEvent]:
        return super().get_queryset(request).defer("body")

    @admin.display(description="what was signed")
    def signed(self, event: ProviderEvent) -> SafeString:
        return format_html(
            '<pre class="detail">{}</pre>', bytes(event.body)[:MOST_SHOWN].decode(errors="replace")
        )

    @admin.action(description="Handle again", permissions=["act"])
    def replay(self, request: HttpRequest, queryset: QuerySet[ProviderEvent]) -> None:
        for event in queryset.order_by("id"):
            now = timezone.now()
            try:
                with transaction.atomic():
                    inbox.put_back(event_id=event.pk, now=now)
                    acting.record(request, Action.REPLAY_PAYMENT_EVENT, event, now=now)
            except BillingError as error:
                self.message_user(request, f"{event.event_id}: {error.detail}", messages.WARNING)
                continue
            if inbox.claim_one(event_id=event.pk, now=now):
                state = events.handle(event_id=event.pk, now=now)
                self.message_user(request, f"{event.event_id}: {state.value}")
        wake.wake("billing.tasks.publish_key_states")

    @admin.action(description="Never handle, for this reason", permissions=["act"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[ProviderEvent]) -> None:
        answer_each(
            self,
            request,
            queryset,
            Action.RESOLVE_PAYMENT_EVENT,
            lambda event, reason, now: inbox.resolve(event_id=event.pk, reason=reason, now=now),
            refused=BillingError,
            name=lambda event: event.event_id,
            told="resolved",
        )


@admin.register(PaymentAlert)
class PaymentAlertAdmin(ReadOnlyAdmin):
    """Answering moves no money: that is a refund, or a correction of credit."""

    list_display = ("code", "top_up", "customer", "detail", "found_at", "resolved_at", "resolution")
    list_filter = (OpenFilter, "provider")
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("=code", "=payment_id")
    uuid_search_fields = ("top_up_id", "customer_id")
    search_help_text = "A whole id of a top-up, a customer or a payment, or a code"
    fields = (
        *("code", "detail", "provider", "customer", "top_up", "payment_id"),
        *("found_at", "resolved_at", "resolution"),
    )
    action_form = ReasonForm
    actions = ("answer",)

    def tools(self, request: HttpRequest, obj: PaymentAlert) -> list[Tool]:  # noqa: ARG002
        return [
            Tool("Top-up", address("billing_topup_change", obj.customer_id, obj.top_up_id)),
            Tool("Customer", address("accounts_customer_change", obj.customer_id)),
        ]

    @admin.display(description="top-up")
    def top_up(self, alert: PaymentAlert) -> SafeString:
        return link(short(alert.top_up_id), "billing_topup_change", alert.customer_id, alert.top_up_id)

    @admin.action(description="Answer for them, with a reason", permissions=["act"])
    def answer(self, request: HttpRequest, queryset: QuerySet[PaymentAlert]) -> None:
        answer_each(
            self,
            request,
            queryset,
            Action.ANSWER_PAYMENT_ALERT,
            lambda alert, reason, now: payment_alerts.resolve(alert_id=alert.pk, reason=reason, now=now),
            refused=BillingError,
            name=lambda alert: alert.code,
        )
