"""The price list on the wire."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

_SONNET = {
    "model": "claude-sonnet-4-6",
    "name": "Claude Sonnet 4.6",
    "provider": "anthropic",
    "context_tokens": 1_000_000,
    "max_output_tokens": 128_000,
    "price": {
        "price_version": 1,
        "effective_at": "2026-11-23T12:00:00Z",
        "meters": {
            "input": {"price": "1.059", "official_price": "3", "saving_percent": "64.7"},
            "output": {"price": "5.295", "official_price": "15", "saving_percent": "64.7"},
        },
    },
    "next_price": None,
}


class MeterPriceSerializer(serializers.Serializer[Any]):
    price = serializers.CharField(help_text="USD per 1M units, up to 6 decimals.")
    official_price = serializers.CharField(allow_null=True, help_text="The provider's own price.")
    saving_percent = serializers.CharField(allow_null=True, help_text="Rounded down to one decimal.")


class PriceVersionSerializer(serializers.Serializer[Any]):
    price_version = serializers.IntegerField()
    effective_at = serializers.DateTimeField()
    meters = serializers.DictField(
        child=MeterPriceSerializer(),
        help_text="By meter. A cache_* meter without a price is charged as input; another one is not sold.",
    )


class ListedModelSerializer(serializers.Serializer[Any]):
    model = serializers.CharField(help_text="The model id of requests.")
    name = serializers.CharField()
    provider = serializers.CharField()
    context_tokens = serializers.IntegerField(help_text="The most input tokens of one request.")
    max_output_tokens = serializers.IntegerField()
    price = PriceVersionSerializer(allow_null=True, help_text="In force now.")
    next_price = PriceVersionSerializer(allow_null=True, help_text="The next one announced.")


@extend_schema_serializer(
    examples=[OpenApiExample("Claude Sonnet 4.6", value={"models": [_SONNET]}, response_only=True)]
)
class PriceListSerializer(serializers.Serializer[Any]):
    models = ListedModelSerializer(many=True)
