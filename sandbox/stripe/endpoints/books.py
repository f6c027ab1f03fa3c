"""`/v1/balance_transactions`, `/v1/payouts` and `/v1/events`."""

from fnmatch import fnmatchcase

from sandbox.ground.journal import Record
from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.api import Call, Endpoint, found, matching
from sandbox.stripe.lists import page
from sandbox.stripe.parameters import CURRENCY, LISTING, Flag, Kind, Many, OneOf, Range, Text

EVENT_DAYS = 30
TRANSACTIONS: dict[str, Kind] = {
    "created": Range(),
    "currency": CURRENCY,
    "payout": Text(),
    "source": Text(),
    "type": Text(),
}
EVENTS: dict[str, Kind] = {
    "created": Range(),
    "delivery_success": Flag(),
    "type": Text(),
    "types": Many(Text(), most=20),
}


def list_transactions(account: Account, call: Call) -> Record:
    balance.mature(account)
    known = matching(account.all("balance_transaction"), call.parameters, "currency", "source", "type")
    if payout := call.parameters.get("payout"):
        known = [record for record in known if record["_payout"] == payout]
    return page(known, call.parameters, "/v1/balance_transactions")


def retrieve_transaction(account: Account, call: Call) -> Record:
    balance.mature(account)
    return found("balance_transaction")(account, call)


def list_payouts(account: Account, call: Call) -> Record:
    known = matching(account.all("payout"), call.parameters, "status")
    return page(known, call.parameters, "/v1/payouts")


def list_events(account: Account, call: Call) -> Record:
    """The last 30 days' events; `delivery_success` false are those that no webhook has acknowledged."""
    given = call.parameters
    oldest = account.now() - EVENT_DAYS * 86400
    patterns = [given["type"]] if given.get("type") else given.get("types", ["*"])
    known = [
        event
        for event in account.all("event")
        if event["created"] >= oldest and any(fnmatchcase(event["type"], pattern) for pattern in patterns)
    ]
    if "delivery_success" in given:
        known = [event for event in known if (event["pending_webhooks"] == 0) == given["delivery_success"]]
    return page(known, given, "/v1/events")


STATUS: dict[str, Kind] = {"status": OneOf(("canceled", "failed", "in_transit", "paid", "pending"))}
ENDPOINTS = [
    Endpoint("GET", "/v1/balance_transactions", list_transactions, LISTING | TRANSACTIONS),
    Endpoint("GET", "/v1/balance_transactions/{id}", retrieve_transaction),
    Endpoint("GET", "/v1/payouts", list_payouts, LISTING | STATUS | {"created": Range()}),
    Endpoint("GET", "/v1/payouts/{id}", found("payout")),
    Endpoint("GET", "/v1/events", list_events, LISTING | EVENTS),
    Endpoint("GET", "/v1/events/{id}", found("event")),
]
