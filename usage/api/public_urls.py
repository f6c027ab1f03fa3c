"""Addresses below /api/v1/ that need usage."""

from django.urls import path

from usage.api import statement_files, statements

urlpatterns = [
    path("statement", statements.StatementView.as_view()),
    path("statement.pdf", statement_files.StatementPdfView.as_view(), name="statement-pdf"),
    path("statement.csv", statement_files.StatementCsvView.as_view(), name="statement-csv"),
]
