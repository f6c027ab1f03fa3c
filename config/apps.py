"""Makes our Celery application the current one in every process that runs Django."""

from django.apps import AppConfig

from config.celery import app

__all__ = ["HouseConfig", "app"]


class HouseConfig(AppConfig):
    name = "config"
    verbose_name = "House"
