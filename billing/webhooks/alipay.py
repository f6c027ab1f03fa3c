"""Alipay's callback, which wants exactly `success`, and takes anything else for a failure."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from billing.api import problems
from billing.api.internal import refusal
from billing.payments.names import ProviderName
from billing.webhooks import receiving

SUCCESS: Final = b"success"
FAIL: Final = b"fail"


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """Answer `success` once the message is committed; Alipay repeats what gets another answer."""
    if request.method != "POST":
        return problems.answer(problems.method_not_allowed(["POST"]))

    try:
        receiving.receive(request, ProviderName.ALIPAY)
    except Exception as error:  # noqa: BLE001 - what is not a refusal is logged there.
        response = refusal(request, error)
        response.content = FAIL
        response["Content-Type"] = "text/plain"
        return response
    return HttpResponse(SUCCESS, content_type="text/plain")
