"""The Django app that moves money."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
