"""Mistakes in the account's books, for whoever reconciles with them: lines added, left out or altered."""

from sandbox.ground.control import BadControl
from sandbox.ground.journal import Record
from sandbox.stripe import balance
from sandbox.stripe.account import Account


def add(account: Account, body: Record) -> Record:
    """Add a line, about nothing without `source`: `amount` in cents, below zero a refund."""
    amount = int(body["amount"])
    kind = body.get("type") or ("charge" if amount > 0 else "refund")
    return balance.book(
        account,
        kind=kind,
        category=body.get("category") or kind,
        amount=amount,
        currency=str(body.get("currency", "usd")),
        source=body.get("source"),
        fee=int(body.get("fee", 0)),
    )


def drop(account: Account, body: Record) -> Record:
    """Leave out the lines about `source`."""
    found = _about(account, body)
    for record in found:
        account.ground.store.remove("balance_transaction", record["id"])
    return {"dropped": len(found)}


def alter(account: Account, body: Record) -> Record:
    """Show the lines about `source` with another `amount` or `currency`."""
    found = _about(account, body)
    for record in found:
        record["amount"] = int(body["amount"] if "amount" in body else record["amount"])
        record["currency"] = str(body.get("currency", record["currency"]))
        record["net"] = record["amount"] - record["fee"]
        account.save(record)
    return {"altered": len(found)}


def _about(account: Account, body: Record) -> list[Record]:
    found = [record for record in account.all("balance_transaction") if record["source"] == body["source"]]
    if not found:
        raise BadControl(f"no line about {body['source']}")
    return found
