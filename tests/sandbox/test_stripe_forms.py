"""Stripe's form encoding, and parameters read from it."""

import pytest

from sandbox.stripe import forms
from sandbox.stripe.errors import Invalid
from sandbox.stripe.parameters import Flag, Kind, Many, Metadata, Range, Shape, Text, Whole


class TestParse:
    @pytest.mark.parametrize(
        ("text", "tree"),
        [
            ("", {}),
            ("a=1&b=", {"a": "1", "b": ""}),
            ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
            ("a[]=x&a[]=y", {"a": ["x", "y"]}),
            ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
            ("a[0][n]=x&a[0][m]=y&a[1][n]=z", {"a": [{"n": "x", "m": "y"}, {"n": "z"}]}),
            ("a%5Bb%5D=%E9%A2%9D", {"a": {"b": "额"}}),
        ],
    )
    def test_builds_hashes_and_lists(self, text: str, tree: dict[str, object]) -> None:
        assert forms.parse(text) == tree

    @pytest.mark.parametrize("text", ["a=1&a[b]=2", "[a]=1", "a[b=1", "a]b[=1", f"a{'[b]' * 20}=1", "a=%ff"])
    def test_refuses_what_has_no_meaning(self, text: str) -> None:
        with pytest.raises(Invalid):
            forms.parse(text)


class TestShape:
    @pytest.mark.parametrize(
        ("kind", "value", "read"),
        [
            (Whole(), "12", 12),
            (Flag(), "true", True),
            (Many(Text()), ["a"], ["a"]),
            (Metadata(), {"a": "b", "c": ""}, {"a": "b"}),
            (Range(), "5", {"gte": 5, "lte": 5}),
            (Range(), {"gte": "5", "lt": "9"}, {"gte": 5, "lt": 9}),
        ],
    )
    def test_reads_strings_as_what_they_are(self, kind: Kind, value: object, read: object) -> None:
        assert Shape({"x": kind}).read({"x": value}, "") == {"x": read}

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (Whole(), "1.5"),
            (Whole(), "\uff11"),
            (Whole(least=1), "0"),
            (Flag(), "yes"),
            (Many(Text()), "a"),
            (Metadata(), {"a": {"b": "c"}}),
            (Metadata(), {"k" * 41: "v"}),
            (Range(), {"near": "5"}),
        ],
    )
    def test_names_the_parameter_it_refuses(self, kind: Kind, value: object) -> None:
        with pytest.raises(Invalid) as refused:
            Shape({"x": kind}).read({"x": value}, "")

        assert refused.value.fields["param"].startswith("x")

    def test_misses_what_is_required(self) -> None:
        with pytest.raises(Invalid) as refused:
            Shape({"x": Shape({"y": Text()}, ("y",))}).read({"x": {}}, "")

        assert refused.value.fields["param"] == "x[y]"
        assert refused.value.fields["code"] == "parameter_missing"
