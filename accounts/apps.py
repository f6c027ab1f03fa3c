"""Registers the app that knows who signs in, who pays and which gateway calls."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
