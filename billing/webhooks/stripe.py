"""Stripe's webhook."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from billing.api import problems
from billing.api.internal import refusal
from billing.payments.names import ProviderName
from billing.webhooks import receiving


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the message is committed; Stripe repeats what is answered otherwise."""
    if request.method != "POST":
        return problems.answer(problems.method_not_allowed(["POST"]))

    try:
        receiving.receive(request, ProviderName.STRIPE)
    except Exception as error:  # noqa: BLE001 - what is not a refusal is logged there.
        return refusal(request, error)
    return HttpResponse("received", content_type="text/plain")
