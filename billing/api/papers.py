"""Receipts over HTTP: which there are of a top-up, and each as a PDF."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from billing.api.customers import Asked, CustomerView
from billing.api.internal import answer
from billing.api.public_documents import Described, described
from billing.errors import Unacceptable
from billing.models import Language, Paper, PaperKind
from billing.services.papers import queries, receipt
from billing.services.top_ups import queries as top_ups

PDF: Final = "application/pdf"
LANGUAGE: Final = OpenApiParameter(
    "language",
    {"type": "string", "enum": [str(value) for value in Language.values]},
    description="Of the words; the one of the billing details if not given.",
)


class PaperSerializer(serializers.Serializer[dict[str, Any]]):
    """A receipt; `number` is without gaps in its year."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(PaperKind.values)
    number = serializers.CharField()
    refund_id = serializers.UUIDField(allow_null=True)
    issued_at = serializers.DateTimeField()


class PapersSerializer(serializers.Serializer[dict[str, Any]]):
    papers = PaperSerializer(many=True, help_text="In the order in which they were issued.")


def a_language(text: str) -> str:
    if text not in Language.values:
        raise Unacceptable(f"must be {' or '.join(Language.values)}")
    return text


def file_answered(name: str, tag: str, *parameters: OpenApiParameter, media_type: str = PDF) -> Described:
    """Describe an endpoint that answers with a file."""
    found = OpenApiResponse(OpenApiTypes.BINARY, description="The file.")
    answers: Any = {(200, media_type): found}
    return described(name, tag, answers=answers, parameters=parameters)


def file_answer(content: bytes, filename: str, media_type: str = PDF) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=media_type, headers=headers)


class PapersView(CustomerView):
    parameters = {"GET": {}}

    @described(
        "listPapers",
        "receipts",
        answers={200: OpenApiResponse(PapersSerializer, description="Its receipt and those of its refunds.")},
    )
    def get(self, _request: HttpRequest, asked: Asked, top_up_id: UUID) -> HttpResponse:
        """The receipts of a top-up and of its refunds; none are there until moments after the payment."""
        top_up = top_ups.get(customer_id=asked.caller.customer_id, top_up_id=top_up_id)
        found = queries.of_top_ups(customer_id=top_up.customer_id, top_up_ids=[top_up.id])
        return answer({"papers": [_shown(paper) for paper in found.get(top_up.id, ())]})


class ReceiptView(CustomerView):
    parameters = {"GET": {"language": a_language}}

    @file_answered("getReceipt", "receipts", LANGUAGE)
    def get(self, _request: HttpRequest, asked: Asked, top_up_id: UUID) -> HttpResponse:
        """The receipt of a top-up."""
        found = queries.receipt(customer_id=asked.caller.customer_id, top_up_id=top_up_id)
        return _drawn(found, asked)


class PaperView(CustomerView):
    parameters = {"GET": {"language": a_language}}

    @file_answered("getPaper", "receipts", LANGUAGE)
    def get(self, _request: HttpRequest, asked: Asked, paper_id: UUID) -> HttpResponse:
        """A receipt by its own id."""
        return _drawn(queries.get(customer_id=asked.caller.customer_id, paper_id=paper_id), asked)


def _drawn(paper: Paper, asked: Asked) -> HttpResponse:
    drawn = receipt.draw(paper.content, language=asked.query.get("language"))
    return file_answer(drawn, f"{paper.kind}-{paper}.pdf")


def _shown(paper: Paper) -> dict[str, Any]:
    return {
        "id": str(paper.id),
        "kind": paper.kind,
        "number": str(paper),
        "refund_id": str(paper.refund_id) if paper.refund_id else None,
        "issued_at": paper.issued_at.isoformat(),
    }
