"""`/v1/refunds`, `/v1/disputes` and `/v1/radar/early_fraud_warnings`."""

from sandbox.ground.journal import Record
from sandbox.stripe import refunds
from sandbox.stripe.account import Account
from sandbox.stripe.api import Call, Endpoint, found, matching
from sandbox.stripe.errors import Invalid, missing_reference
from sandbox.stripe.lists import page
from sandbox.stripe.parameters import LISTING, Kind, Metadata, OneOf, Range, Text, Whole

CREATE: dict[str, Kind] = {
    "amount": Whole(least=1, most=99_999_999),
    "charge": Text(),
    "metadata": Metadata(),
    "payment_intent": Text(),
    "reason": OneOf(("duplicate", "fraudulent", "requested_by_customer")),
}
OF_PAYMENT: dict[str, Kind] = {"charge": Text(), "created": Range(), "payment_intent": Text()}


def create(account: Account, call: Call) -> Record:
    return refunds.new_refund(
        account,
        intent_to_refund(account, call.parameters),
        amount=call.parameters.get("amount"),
        reason=call.parameters.get("reason"),
        metadata=call.parameters.get("metadata"),
    )


def intent_to_refund(account: Account, parameters: Record) -> Record:
    if identity := parameters.get("payment_intent"):
        intent = account.ground.store.find("payment_intent", identity)
        if intent is None:
            raise missing_reference("payment_intent", identity, param="payment_intent")
        return intent
    if identity := parameters.get("charge"):
        charge = account.ground.store.find("charge", identity)
        if charge is None:
            raise missing_reference("charge", identity, param="charge")
        return account.get("payment_intent", charge["payment_intent"])
    message = "One of the following params should be provided for this request: payment_intent or charge."
    raise Invalid(message, code="parameter_missing")


def list_refunds(account: Account, call: Call) -> Record:
    known = matching(account.all("refund"), call.parameters, "charge", "payment_intent")
    return page(known, call.parameters, "/v1/refunds")


def list_disputes(account: Account, call: Call) -> Record:
    known = matching(account.all("dispute"), call.parameters, "charge", "payment_intent")
    return page(known, call.parameters, "/v1/disputes")


def list_warnings(account: Account, call: Call) -> Record:
    known = matching(account.all("radar.early_fraud_warning"), call.parameters, "charge", "payment_intent")
    return page(known, call.parameters, "/v1/radar/early_fraud_warnings")


WARNINGS = "/v1/radar/early_fraud_warnings"
ENDPOINTS = [
    Endpoint("POST", "/v1/refunds", create, CREATE),
    Endpoint("GET", "/v1/refunds", list_refunds, LISTING | OF_PAYMENT),
    Endpoint("GET", "/v1/refunds/{id}", found("refund")),
    Endpoint("GET", "/v1/disputes", list_disputes, LISTING | OF_PAYMENT),
    Endpoint("GET", "/v1/disputes/{id}", found("dispute")),
    Endpoint("GET", WARNINGS, list_warnings, LISTING | OF_PAYMENT),
    Endpoint("GET", f"{WARNINGS}/{{id}}", found("radar.early_fraud_warning")),
]
