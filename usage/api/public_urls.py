"""Addresses below /api/v1/ that need usage."""

from django.urls import path

from usage.api import statements

urlpatterns = [path("statement", statements.StatementView.as_view())]
