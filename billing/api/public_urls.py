"""Addresses below /api/v1/ that belong to credit, top-ups and receipts."""

from django.urls import path

from billing.api import credits, papers, top_ups

urlpatterns = [
    path("credits", credits.CreditsView.as_view()),
    path("top-ups", top_ups.TopUpsView.as_view()),
    path("top-ups/<uuid:top_up_id>", top_ups.TopUpView.as_view()),
    path("top-ups/<uuid:top_up_id>/papers", papers.PapersView.as_view()),
    path("top-ups/<uuid:top_up_id>/receipt.pdf", papers.ReceiptView.as_view()),
    path("papers/<uuid:paper_id>.pdf", papers.PaperView.as_view()),
]
