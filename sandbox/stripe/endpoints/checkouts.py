"""`/v1/checkout/sessions`."""

from sandbox.ground.journal import Record
from sandbox.stripe import checkouts, sessions
from sandbox.stripe.account import Account
from sandbox.stripe.api import Call, Endpoint, found, matching
from sandbox.stripe.errors import missing_reference
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

PRODUCT = Shape(
    {"name": Text(), "description": Text(), "metadata": Metadata(), "images": Many(Text(2048), most=8)},
    ("name",),
)
PRICE = Shape(
    {
        "currency": CURRENCY,
        "unit_amount": Whole(least=0, most=99_999_999),
        "product_data": PRODUCT,
        "tax_behavior": OneOf(("exclusive", "inclusive", "unspecified")),
    },
    ("currency", "unit_amount", "product_data"),
)
ITEM = Shape({"price_data": PRICE, "quantity": Whole(least=1, most=999_999)}, ("price_data",))
FUTURE_USE = OneOf(("off_session", "on_session"))
INTENT_DATA = Shape(
    {
        "description": Text(1000),
        "metadata": Metadata(),
        "receipt_email": Text(800),
        "setup_future_usage": FUTURE_USE,
        "statement_descriptor_suffix": Text(22),
    }
)
SAVED_METHODS = Shape(
    {
        "payment_method_save": OneOf(("disabled", "enabled")),
        "allow_redisplay_filters": Many(OneOf(("always", "limited", "unspecified"))),
    }
)
CREATE: dict[str, Kind] = {
    "adaptive_pricing": Shape({"enabled": Flag()}),
    "cancel_url": Text(),
    "client_reference_id": Text(200),
    "customer": Text(),
    "customer_creation": OneOf(("always", "if_required")),
    "customer_email": Text(800),
    "expires_at": Whole(least=0),
    "invoice_creation": Shape({"enabled": Flag()}),
    "line_items": Many(ITEM),
    "locale": Text(10),
    "metadata": Metadata(),
    "mode": OneOf(("payment",)),
    "payment_intent_data": INTENT_DATA,
    "payment_method_types": Many(OneOf(("card", "us_bank_account", "sepa_debit", "link", "alipay"))),
    "saved_payment_method_options": SAVED_METHODS,
    "submit_type": OneOf(("auto", "book", "donate", "pay", "subscribe")),
    "success_url": Text(),
    "ui_mode": OneOf(("hosted_page",)),
}
FILTERS: dict[str, Kind] = {
    "created": Range(),
    "customer": Text(),
    "payment_intent": Text(),
    "status": OneOf(("complete", "expired", "open")),
}


def create(account: Account, call: Call) -> Record:
    customer = call.parameters.get("customer")
    if customer and account.ground.store.find("customer", customer) is None:
        raise missing_reference("customer", customer, param="customer")
    return sessions.new_session(account, call.parameters, base_url=call.base_url)


def list_all(account: Account, call: Call) -> Record:
    checkouts.expire_due(account)
    known = account.all("checkout.session")
    known = matching(known, call.parameters, "customer", "payment_intent", "status")
    return page(known, call.parameters, "/v1/checkout/sessions")


def retrieve(account: Account, call: Call) -> Record:
    checkouts.expire_due(account)
    return found("checkout.session")(account, call)


def expire(account: Account, call: Call) -> Record:
    checkouts.expire_due(account)
    session = account.get("checkout.session", call.path["id"])
    checkouts.require_open(session)
    return checkouts.expire(account, session)


ENDPOINTS = [
    Endpoint("POST", "/v1/checkout/sessions", create, CREATE, ("mode", "line_items", "success_url")),
    Endpoint("GET", "/v1/checkout/sessions", list_all, LISTING | FILTERS),
    Endpoint("GET", "/v1/checkout/sessions/{id}", retrieve),
    Endpoint("POST", "/v1/checkout/sessions/{id}/expire", expire),
]
