"""What a person, the merchant's staff or time itself may do, for the control API."""

from typing import Any

from sandbox.alipay import bills, refunds, rsa, trades, yuan
from sandbox.alipay.balance import PAYOUT, balance_of
from sandbox.alipay.errors import Refusal
from sandbox.alipay.merchant import Merchant
from sandbox.ground.control import Act, BadControl
from sandbox.ground.ids import new_id
from sandbox.ground.journal import Record

Answer = dict[str, Any]


def acts_of(merchant: Merchant) -> dict[str, Act]:
    """`POST /_control/act/{name}`; most name their trade by `out_trade_no`."""
    known = {
        "scan": scan,
        "pay": pay,
        "abandon": abandon,
        "close": close,
        "expire": expire,
        "finish": finish,
        "refund": refund,
        "payout": payout,
        "alter": alter,
        "notify": notify,
        "rotate_key": rotate_key,
        "lag": lag,
        "bill_add": bill_add,
        "bill_drop": bill_drop,
        "bill_alter": bill_alter,
    }

    def bound(act: Any) -> Act:
        def run(body: Answer) -> Answer:
            try:
                answer: Answer = act(merchant, body)
            except Refusal as refusal:
                raise BadControl(f"{refusal.sub_code}: {refusal.sub_msg}") from None
            return answer

        return run

    return {name: bound(act) for name, act in known.items()}


def order_of(merchant: Merchant, body: Answer) -> Record:
    order = merchant.find(trades.ORDER, body["out_trade_no"])
    if order is None:
        raise BadControl(f"no order {body['out_trade_no']}")
    return order


def trade_of(merchant: Merchant, body: Answer) -> Record:
    return trades.find_trade(merchant, {"out_trade_no": body["out_trade_no"]})


def scan(merchant: Merchant, body: Answer) -> Answer:
    """Scan the code, or log in on the page: the trade begins."""
    return trades.open_trade(merchant, order_of(merchant, body))


def pay(merchant: Merchant, body: Answer) -> Answer:
    trade = trades.open_trade(merchant, order_of(merchant, body))
    trades.pay(merchant, trade)
    return trade


def abandon(merchant: Merchant, body: Answer) -> Answer:
    """Go away; a page that nobody logged in on leaves no trade behind."""
    return order_of(merchant, body)


def close(merchant: Merchant, body: Answer) -> Answer:
    trade = trade_of(merchant, body)
    trades.close(merchant, trade)
    return trade


def expire(merchant: Merchant, _: Answer) -> Answer:
    """Close every trade whose time is over, as Alipay does by itself."""
    for trade in merchant.ground.store.all(trades.TRADE):
        trades.expire(merchant, trade)
    return {}


def finish(merchant: Merchant, body: Answer) -> Answer:
    trade = trade_of(merchant, body)
    trades.finish(merchant, trade)
    return trade


def refund(merchant: Merchant, body: Answer) -> Answer:
    """Refund on the merchant's page: `amount` as text, all of the rest without; Alipay makes the number."""
    trade = trade_of(merchant, body)
    rest = trade["fen"] - refunds.refunded(trade)
    if rest == 0:
        raise BadControl("nothing is left to refund")
    fen = yuan.read(body["amount"], "amount") if "amount" in body else rest
    refunds.add(merchant, trade, str(body.get("out_request_no") or new_id("", 32)), fen)
    return trade


def payout(merchant: Merchant, body: Answer) -> Answer:
    """Pay out to the merchant's bank: `amount` as text, everything without it."""
    fen = yuan.read(body["amount"], "amount") if "amount" in body else balance_of(merchant)
    if fen > balance_of(merchant) or fen <= 0:
        raise BadControl("not so much is there")
    number = new_id("", 28)
    paid = {"payout_no": number, "fen": fen, "at": merchant.now_shown()}
    return merchant.ground.store.put(PAYOUT, number, paid)


def alter(merchant: Merchant, body: Answer) -> Answer:
    """Show the trade with another `amount` or `currency` than was ordered."""
    trade = trade_of(merchant, body)
    if "amount" in body:
        trade["fen"] = yuan.read(body["amount"], "amount")
    if "currency" in body:
        trade["currency"] = str(body["currency"])
    return merchant.save(trades.TRADE, trade)


def notify(merchant: Merchant, body: Answer) -> Answer:
    """Tell of the trade as it is, once more; `fields` replace what the notification says."""
    trade = trade_of(merchant, body)
    trades.tell(merchant, trade, **{name: str(value) for name, value in body.get("fields", {}).items()})
    return trade


def rotate_key(merchant: Merchant, _: Answer) -> Answer:
    """Sign with a new key from now on, until a reset; answers with what the app should trust then."""
    merchant.key = rsa.new_key()
    return {"public_key": rsa.public_text(merchant.key)}


def lag(merchant: Merchant, body: Answer) -> Answer:
    """Show refunds only so many seconds after they were made."""
    merchant.refund_lag_s = int(body["seconds"])
    return {"seconds": merchant.refund_lag_s}


def bill_add(merchant: Merchant, body: Answer) -> Answer:
    """Put a line into the bill about a trade that never was: `amount` below zero is a refund."""
    sign = -1 if body["amount"].startswith("-") else 1
    fen = sign * yuan.read(body["amount"].lstrip("-"), "amount")
    row = {
        "trade_no": str(body.get("trade_no") or new_id("", 28)),
        "out_trade_no": body["out_trade_no"],
        "subject": "-",
        "created_at": body["at"],
        "at": body["at"],
        "type": "交易" if fen > 0 else "退款",
        "fen": fen,
        "fee": 0,
        "request_no": str(body.get("out_request_no", "")),
    }
    return change(merchant, body, {"what": "add", "row": row})


def bill_drop(merchant: Merchant, body: Answer) -> Answer:
    """Leave a payment, or with `out_request_no` a refund, out of the bill."""
    return change(merchant, body, {"what": "drop"})


def bill_alter(merchant: Merchant, body: Answer) -> Answer:
    """List a payment or refund with another `amount`."""
    fen = yuan.read(body["amount"], "amount")
    row = {"fen": -fen if body.get("out_request_no") else fen}
    return change(merchant, body, {"what": "alter", "row": row})


def change(merchant: Merchant, body: Answer, record: Record) -> Answer:
    identity = f"{body['out_trade_no']}:{body.get('out_request_no', '')}"
    return merchant.ground.store.put(bills.CHANGE, identity, record)
