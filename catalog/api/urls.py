"""Addresses below /internal/v1/ that belong to the catalogue."""

from django.urls import path

from catalog.api import views

urlpatterns = [path("prices", views.PricesView.as_view(), name="prices")]
