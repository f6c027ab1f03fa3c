"""The base of the customers' API: who calls, on whose behalf, and problem documents for what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.views import APIView

from accounts.api.customer_callers import CustomerAuthentication, CustomerCaller, identify
from billing.api import problems, queries
from billing.api.internal import refusal
from billing.api.queries import Read


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: who asks, and the query's values."""

    caller: CustomerCaller
    query: dict[str, Any]


class CustomerView(APIView):
    """Calls the method's handler as `handler(request, asked, **path)`; what it raises becomes a problem.

    `parameters`: method to the query parameters that it knows, beside `customer`.
    """

    authentication_classes = (CustomerAuthentication,)
    permission_classes = ()
    parameters: ClassVar[Mapping[str, Mapping[str, Read]]] = {}

    def dispatch(self, request: HttpRequest, *_args: Any, **path: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in self.parameters:
            return problems.answer(problems.method_not_allowed(self.parameters))

        try:
            known = {**self.parameters[method], "customer": queries.an_id}
            query = queries.read(request.META.get("QUERY_STRING", ""), known)
            caller = identify(request, customer=query.pop("customer", None), now=timezone.now())
            response: HttpResponse = getattr(self, method.lower())(request, Asked(caller, query), **path)
        except Exception as error:  # noqa: BLE001 - what is not a refusal is logged there.
            response = refusal(request, error)
        response["Cache-Control"] = "no-store"
        response["Vary"] = "Authorization, Cookie"
        return response
