"""Trades: from an order that nobody has opened yet to money that moved."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from sandbox.alipay import yuan
from sandbox.alipay.errors import Refusal, no_trade
from sandbox.alipay.merchant import Merchant
from sandbox.ground.journal import Record

ORDER, TRADE = "order", "trade"
WAITING, SUCCESS, FINISHED, CLOSED = "WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"
BUYER_ID, BUYER = "2088722009988776", "san***@example.com"


def find_trade(merchant: Merchant, content: dict[str, Any]) -> Record:
    """The trade by `trade_no`, or else by `out_trade_no`; raises Refusal."""
    trade_no, out_trade_no = content.get("trade_no"), content.get("out_trade_no")
    if trade_no:
        found = [trade for trade in merchant.ground.store.all(TRADE) if trade["trade_no"] == trade_no]
        trade = found[0] if found else None
    else:
        trade = merchant.find(TRADE, str(out_trade_no))
    if trade is None:
        raise no_trade()
    expire(merchant, trade)
    return trade


def open_trade(merchant: Merchant, order: Record) -> Record:
    """The trade of an order, begun now by whoever logged in or scanned; the one it has already otherwise."""
    trade = merchant.find(TRADE, order["out_trade_no"])
    if trade:
        expire(merchant, trade)
        return trade
    if merchant.ground.clock.now() >= expiry_of(order):
        raise Refusal("ACQ.TRADE_HAS_CLOSE", "订单已超时")
    now = merchant.ground.clock.now()
    day = now.astimezone(yuan.SHANGHAI).strftime("%Y%m%d")
    trade = {
        **order,
        "trade_no": f"{day}22001{secrets.randbelow(10**15):015d}",
        "status": WAITING,
        "created_at": merchant.now_shown(),
        "paid_at": "",
        "closed_at": "",
        "refunds": [],
    }
    merchant.save(TRADE, trade)
    if order["product"] == "qr":
        tell(merchant, trade)
    return trade


def pay(merchant: Merchant, trade: Record) -> None:
    """Pay a trade that waits; nothing where it is paid; raises Refusal where it is closed."""
    expire(merchant, trade)
    if trade["status"] == CLOSED:
        raise Refusal("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
    if trade["status"] == WAITING:
        trade |= {"status": SUCCESS, "paid_at": merchant.now_shown()}
        merchant.save(TRADE, trade)
        tell(merchant, trade)


def close(merchant: Merchant, trade: Record) -> None:
    if trade["status"] != WAITING:
        known = "ACQ.TRADE_HAS_SUCCESS" if trade["status"] == SUCCESS else "ACQ.TRADE_STATUS_ERROR"
        raise Refusal(known, "交易状态不允许关闭")
    end(merchant, trade)


def finish(merchant: Merchant, trade: Record) -> None:
    """End the time in which the trade could be refunded."""
    if trade["status"] != SUCCESS:
        raise Refusal("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
    trade["status"] = FINISHED
    merchant.save(TRADE, trade)
    tell(merchant, trade)


def expire(merchant: Merchant, trade: Record) -> None:
    """Close a trade whose time is over."""
    if trade["status"] == WAITING and merchant.ground.clock.now() >= expiry_of(trade):
        end(merchant, trade)


def end(merchant: Merchant, trade: Record) -> None:
    trade |= {"status": CLOSED, "closed_at": merchant.now_shown()}
    merchant.save(TRADE, trade)
    tell(merchant, trade)


def expiry_of(order: Record) -> datetime:
    if order["expires_at"]:
        return yuan.moment_of(order["expires_at"])
    return yuan.moment_of(order["ordered_at"]) + timedelta(days=15)


def tell(merchant: Merchant, trade: Record, **extra: str) -> None:
    merchant.notify(trade["notify_url"], {**notification(trade), **extra})


def notification(trade: Record) -> dict[str, str]:
    """What a notification says of a trade; about a payment it names a refund fee of zero, as real ones do."""
    total = yuan.written(trade["fen"])
    fields = {
        "gmt_create": trade["created_at"],
        "out_trade_no": trade["out_trade_no"],
        "trade_no": trade["trade_no"],
        "trade_status": trade["status"],
        "subject": trade["subject"],
        "body": "",
        "total_amount": total,
        "buyer_id": BUYER_ID,
        "buyer_logon_id": BUYER,
    }
    if trade["paid_at"]:
        fields |= {
            "gmt_payment": trade["paid_at"],
            "receipt_amount": total,
            "buyer_pay_amount": total,
            "invoice_amount": total,
            "point_amount": "0.00",
            "refund_fee": "0.00",
            "fund_bill_list": json.dumps([{"amount": total, "fundChannel": "ALIPAYACCOUNT"}]),
        }
    if trade["closed_at"]:
        fields["gmt_close"] = trade["closed_at"]
    return fields


def shown(trade: Record) -> dict[str, Any]:
    """What `alipay.trade.query` tells of a trade: nothing of its refunds."""
    fields = {
        "buyer_logon_id": BUYER,
        "buyer_user_id": BUYER_ID,
        "out_trade_no": trade["out_trade_no"],
        "point_amount": "0.00",
        "total_amount": yuan.written(trade["fen"]),
        "trade_no": trade["trade_no"],
        "trade_status": trade["status"],
    }
    if trade["paid_at"]:
        fields |= {
            "buyer_pay_amount": yuan.written(trade["fen"]),
            "invoice_amount": yuan.written(trade["fen"]),
            "receipt_amount": yuan.written(trade["fen"]),
            "send_pay_date": trade["paid_at"],
        }
    if trade.get("currency"):
        fields["trans_currency"] = trade["currency"]
    return fields
