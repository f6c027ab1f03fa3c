"""GET /internal/v1/prices."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import price_list
from catalog.api.serializers import PriceListSerializer


class PricesView(APIView):
    required_scopes = "keys:read"

    @extend_schema(
        operation_id="listPrices",
        tags=["prices"],
        summary="List every model on sale with its prices",
        description=(
            "Prices are USD per 1M units. A price is announced at least five minutes before it takes effect; "
            "a request pays the one in force when its hold is placed."
        ),
        responses=PriceListSerializer,
    )
    def get(self, request: Request) -> Response:
        for name in request.query_params:
            raise ValidationError({name: ["is not a parameter of this address"]})

        models = price_list.list_models(now=timezone.now())

        return Response(PriceListSerializer({"models": models}).data)
