"""`/v1/payment_intents` and `/v1/charges`."""

from sandbox.ground.journal import Record
from sandbox.stripe import cards, intents
from sandbox.stripe.account import Account, shown
from sandbox.stripe.api import Call, Endpoint, found, matching
from sandbox.stripe.errors import CardRefused, Invalid, missing_reference
from sandbox.stripe.lists import page
from sandbox.stripe.parameters import (
    CURRENCY,
    LISTING,
    Flag,
    Kind,
    Many,
    Metadata,
    OneOf,
    Range,
    Shape,
    Text,
    Whole,
)

LEAST_AMOUNT = 50
CODES = {cards.DECLINES: "card_declined", cards.CONFIRMS: "authentication_required"}
METHODS = Shape({"enabled": Flag(), "allow_redirects": OneOf(("always", "never"))}, ("enabled",))
CREATE: dict[str, Kind] = {
    "allowed_payment_method_types": Many(OneOf(("card",))),
    "amount": Whole(least=1, most=99_999_999),
    "automatic_payment_methods": METHODS,
    "confirm": Flag(),
    "currency": CURRENCY,
    "customer": Text(),
    "description": Text(1000),
    "error_on_requires_action": Flag(),
    "metadata": Metadata(),
    "off_session": Flag(),
    "payment_method": Text(),
    "receipt_email": Text(800),
    "statement_descriptor_suffix": Text(22),
}


def create(account: Account, call: Call) -> Record:
    """Charge a saved card while its owner is away: the one way in which we make intents ourselves."""
    given = call.parameters
    if given["amount"] < LEAST_AMOUNT:
        raise Invalid("Amount must be at least $0.50 usd", code="amount_too_small", param="amount")
    customer = account.ground.store.find("customer", given["customer"])
    if customer is None:
        raise missing_reference("customer", given["customer"], param="customer")
    method = saved_card(account, given["payment_method"], given["customer"])
    if not given.get("confirm") or not given.get("off_session"):
        raise Invalid("The stand-in makes payment intents with `confirm` and `off_session` only.")
    intent = intents.new_intent(
        account,
        amount=given["amount"],
        currency=given["currency"],
        customer=given["customer"],
        description=given.get("description"),
        metadata=given.get("metadata", {}),
        receipt_email=given.get("receipt_email"),
    )
    code = CODES.get(method["_behaviour"])
    if code is None:
        intents.pay(account, intent, method)
        return intent
    charge = intents.decline(account, intent, method, code)
    raise refused(intent, charge, method, code)


def saved_card(account: Account, identity: str, customer: str) -> Record:
    method = account.ground.store.find("payment_method", identity)
    if method is None:
        raise missing_reference("PaymentMethod", identity, param="payment_method")
    if method["customer"] != customer:
        message = (
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was detached from a "
            "Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it "
            "to a Customer first."
        )
        if method["customer"] is not None:
            message = "The PaymentMethod belongs to another Customer than the one of this PaymentIntent."
        raise Invalid(message, param="payment_method")
    return method


def refused(intent: Record, charge: Record, method: Record, code: str) -> CardRefused:
    return CardRefused(
        charge["failure_message"],
        code=code,
        decline_code="generic_decline" if code == "card_declined" else code,
        charge=charge["id"],
        payment_intent=shown(intent),
        payment_method=shown(method),
    )


def cancel(account: Account, call: Call) -> Record:
    intent = account.get("payment_intent", call.path["id"])
    if intent["status"] != "requires_payment_method":
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise Invalid(message, code="payment_intent_unexpected_state")
    intents.cancel(account, intent)
    return intent


def list_intents(account: Account, call: Call) -> Record:
    known = matching(account.all("payment_intent"), call.parameters, "customer")
    return page(known, call.parameters, "/v1/payment_intents")


def list_charges(account: Account, call: Call) -> Record:
    known = matching(account.all("charge"), call.parameters, "customer", "payment_intent")
    return page(known, call.parameters, "/v1/charges")


FILTERS: dict[str, Kind] = {"created": Range(), "customer": Text()}
REQUIRED = ("amount", "currency", "customer", "payment_method")
ENDPOINTS = [
    Endpoint("POST", "/v1/payment_intents", create, CREATE, REQUIRED),
    Endpoint("GET", "/v1/payment_intents", list_intents, LISTING | FILTERS),
    Endpoint("GET", "/v1/payment_intents/{id}", found("payment_intent")),
    Endpoint("POST", "/v1/payment_intents/{id}/cancel", cancel),
    Endpoint("GET", "/v1/charges", list_charges, LISTING | FILTERS | {"payment_intent": Text()}),
    Endpoint("GET", "/v1/charges/{id}", found("charge")),
]
