"""The strict JSON loader, and the parser that gives it to views with serializers."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api import strict
from billing.api.strict import Malformed, StrictJSONParser, TooLarge
from tests import hostile


class TestLoadObject:
    def test_reads_an_object(self):
        body = '{"a": [1, "\u00e9 \\u00e9", null], "b": {"c": true}}'.encode()
        assert strict.load_object(body) == {"a": [1, "\u00e9 \u00e9", None], "b": {"c": True}}

    @pytest.mark.parametrize("name", hostile.BODIES)
    def test_refuses_what_is_no_object(self, name: str):
        with pytest.raises(Malformed):
            strict.load_object(hostile.BODIES[name])

    @pytest.mark.parametrize("name", hostile.LITERALS)
    def test_refuses_what_json_does_not_know(self, name: str):
        with pytest.raises(Malformed):
            strict.load_object(b'{"a": %s}' % hostile.LITERALS[name].encode())

    @pytest.mark.parametrize("body", [b'{"a": 1, "a": 1}', b'{"x": [{"a": 1, "b": 2, "a": 3}]}'])
    def test_names_a_field_that_is_given_twice(self, body: bytes):
        with pytest.raises(Malformed) as refused:
            strict.load_object(body)
        assert refused.value.extra == {"field": "a"}


class NoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=10)
    lines = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False)


class NoteView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        serializer = NoteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


def post(body: bytes, content_type: str = "application/json") -> tuple[int, dict[str, Any]]:
    request = RequestFactory().post("/note", body, content_type=content_type)
    response = NoteView.as_view()(request)
    if hasattr(response, "render"):
        response.render()
    return response.status_code, json.loads(response.content)


class TestStrictJSONParser:
    def test_serves_views_with_serializers(self):
        assert post(b'{"note": "hello"}') == (200, {"note": "hello"})

    @pytest.mark.parametrize("name", hostile.BODIES | hostile.OBJECTS)
    def test_refuses_hostile_bodies(self, name: str):
        status, problem = post((hostile.BODIES | hostile.OBJECTS)[name])
        assert (status, problem["code"]) in {(400, "invalid"), (422, "invalid"), (413, "too_large")}

    def test_refuses_large_bodies_and_other_types(self):
        status, problem = post(b'{"note": "%s"}' % (b"x" * 10_000_000))
        assert (status, problem["code"]) == (413, "too_large")
        status, problem = post(b"note=1", "application/x-www-form-urlencoded")
        assert (status, problem["code"]) == (415, "unsupported_media_type")

    def test_names_the_field_that_a_serializer_refused(self):
        status, problem = post(b'{"note": "hello", "lines": [1, -1]}')
        assert (status, problem["code"], problem["field"]) == (422, "invalid", "lines.1")
        assert post(b'{"note": "12345678901"}')[1]["field"] == "note"

    def test_limits_a_body_without_an_announced_length(self):
        parser: BaseParser = StrictJSONParser()
        with pytest.raises(TooLarge):
            parser.parse(BytesIO(b" " * (strict.MOST_BYTES + 1)))


class TestReadObject:
    def test_reads_on_so_that_a_client_gets_its_answer(self):
        body = b" " * 10_000_000
        request = RequestFactory().post("/", body, content_type="application/json")
        with pytest.raises(TooLarge):
            strict.read_object(request)
        assert request.read() == b""

    def test_does_not_read_on_for_ever(self):
        body = b" " * 20_000_000
        request = RequestFactory().post("/", body, content_type="application/json")
        with pytest.raises(TooLarge):
            strict.read_object(request)
        assert len(request.read()) > 3_000_000
