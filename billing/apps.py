"""The Django app that moves money."""

from django.apps import AppConfig

from billing import arrays


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        arrays.register()
