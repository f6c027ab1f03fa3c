"""The Django app that turns tokens into charges."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "usage"
