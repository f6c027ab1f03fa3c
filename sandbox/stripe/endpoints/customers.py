"""`/v1/customers`, `/v1/payment_methods` and `/v1/account`."""

from sandbox.ground.journal import Record
from sandbox.stripe import cards, customers
from sandbox.stripe.account import Account
from sandbox.stripe.api import Call, Endpoint, found, matching
from sandbox.stripe.lists import page
from sandbox.stripe.parameters import LISTING, Kind, Metadata, OneOf, Range, Text

CUSTOMER: dict[str, Kind] = {
    "description": Text(),
    "email": Text(512),
    "metadata": Metadata(),
    "name": Text(256),
    "phone": Text(20),
}


def create(account: Account, call: Call) -> Record:
    return customers.new_customer(account, call.parameters)


def list_customers(account: Account, call: Call) -> Record:
    known = matching(account.all("customer"), call.parameters, "email")
    return page(known, call.parameters, "/v1/customers")


def list_methods(account: Account, call: Call) -> Record:
    known = matching(account.all("payment_method"), call.parameters, "customer", "type")
    return page(known, call.parameters, "/v1/payment_methods")


def list_own_methods(account: Account, call: Call) -> Record:
    customer = account.get("customer", call.path["id"])["id"]
    known = matching(
        account.all("payment_method"), call.parameters | {"customer": customer}, "customer", "type"
    )
    return page(known, call.parameters, f"/v1/customers/{customer}/payment_methods")


def detach(account: Account, call: Call) -> Record:
    return cards.detach(account, account.get("payment_method", call.path["id"]))


def own_account(account: Account, _: Call) -> Record:
    return {
        "id": account.account_id,
        "object": "account",
        "business_profile": {"name": "API Models (sandbox)", "url": None},
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@apimodels.example",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }


TYPE: dict[str, Kind] = {"type": OneOf(("card", "us_bank_account"))}
ENDPOINTS = [
    Endpoint("POST", "/v1/customers", create, CUSTOMER),
    Endpoint("GET", "/v1/customers", list_customers, LISTING | {"created": Range(), "email": Text()}),
    Endpoint("GET", "/v1/customers/{id}", found("customer")),
    Endpoint("GET", "/v1/customers/{id}/payment_methods", list_own_methods, LISTING | TYPE),
    Endpoint("GET", "/v1/payment_methods", list_methods, LISTING | TYPE | {"customer": Text()}),
    Endpoint("GET", "/v1/payment_methods/{id}", found("payment_method")),
    Endpoint("POST", "/v1/payment_methods/{id}/detach", detach),
    Endpoint("GET", "/v1/account", own_account),
]
