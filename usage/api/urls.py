"""Addresses below /internal/v1/ that belong to usage."""

from django.urls import path

from usage.api import reports, requests

urlpatterns = [
    path("usage", reports.ReportView.as_view()),
    path("requests/<str:request_id>", requests.RequestView.as_view()),
]
