"""The Django app that moves money."""

from django.apps import AppConfig
from django.core.checks import register

from billing import arrays, checks


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        arrays.register()
        register(checks.check_providers, "payments")
