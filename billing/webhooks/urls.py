"""Addresses below /webhooks/."""

from django.urls import path

from billing.webhooks import alipay, stripe

urlpatterns = [
    path("stripe", stripe.webhook),
    path("alipay", alipay.webhook),
]
