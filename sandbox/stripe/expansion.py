"""`expand[]`: ids in an answer replaced by the objects which they name."""

from typing import Any

from sandbox.ground.journal import Record
from sandbox.stripe.account import Account, shown
from sandbox.stripe.errors import Invalid

KINDS = {
    "pi_": "payment_intent",
    "ch_": "charge",
    "py_": "charge",
    "cus_": "customer",
    "pm_": "payment_method",
    "txn_": "balance_transaction",
    "re_": "refund",
    "pyr_": "refund",
    "du_": "dispute",
    "po_": "payout",
}
DEEPEST = 4


def render(account: Account, record: Record, expand: list[str]) -> Record:
    """`record` as the API shows it; raises Invalid for what cannot be expanded."""
    answer = shown(record)
    if answer.get("object") in ("list", "search_result"):
        answer["data"] = [shown(one) for one in answer["data"]]
    for path in expand:
        steps = path.split(".")
        if len(steps) > DEEPEST + 1:
            raise Invalid(f"You cannot expand more than {DEEPEST} levels of a property.", param="expand")
        descend(account, answer, steps, path)
    return answer


def descend(account: Account, value: Record, steps: list[str], path: str) -> None:
    step, *rest = steps
    if step not in value:
        value[step] = included(account, value, step, path)
    child = value[step]
    if isinstance(child, str):
        child = value[step] = resolve(account, child, path)
    for one in child if isinstance(child, list) else [child]:
        if rest and isinstance(one, dict):
            descend(account, one, rest, path)


def resolve(account: Account, identity: str, path: str) -> Record:
    prefix = identity[: identity.find("_") + 1]
    kind = KINDS.get(prefix)
    if kind is None:
        raise Invalid(f"This property cannot be expanded ({path}).", param="expand")
    return shown(account.get(kind, identity))


def included(account: Account, value: Record, step: str, path: str) -> Record:
    """The lists which an object shows only when asked."""
    kind, identity = value.get("object"), value.get("id")
    if kind == "charge" and step == "refunds":
        refunds = [shown(one) for one in account.all("refund") if one["charge"] == identity]
        return listing(refunds[::-1], f"/v1/charges/{identity}/refunds")
    if kind == "checkout.session" and step == "line_items":
        session = account.get("checkout.session", str(identity))
        return listing(line_items(session), f"/v1/checkout/sessions/{identity}/line_items")
    raise Invalid(f"This property cannot be expanded ({path}).", param="expand")


def listing(data: list[Record], url: str) -> Record:
    return {"object": "list", "data": data, "has_more": False, "url": url}


def line_items(session: Record) -> list[dict[str, Any]]:
    items = []
    for index, item in enumerate(session["_items"]):
        quantity = item.get("quantity", 1)
        total = item["price_data"]["unit_amount"] * quantity
        items.append(
            {
                "id": f"li_{session['id'][-14:]}{index}",
                "object": "item",
                "amount_discount": 0,
                "amount_subtotal": total,
                "amount_tax": 0,
                "amount_total": total,
                "currency": session["currency"],
                "description": item["price_data"]["product_data"]["name"],
                "quantity": quantity,
            }
        )
    return items
