"""Addresses below /api/v1/ that belong to credit and top-ups."""

from django.urls import path

from billing.api import credits, top_ups

urlpatterns = [
    path("credits", credits.CreditsView.as_view()),
    path("top-ups", top_ups.TopUpsView.as_view()),
    path("top-ups/<uuid:top_up_id>", top_ups.TopUpView.as_view()),
]
