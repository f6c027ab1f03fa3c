"""Registers the app that knows models and prices."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
