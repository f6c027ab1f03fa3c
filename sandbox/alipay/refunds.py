"""Refunds: by the app, or by somebody on the merchant's page."""

from datetime import timedelta
from typing import Any

from sandbox.alipay import trades, yuan
from sandbox.alipay.balance import balance_of, fee_of
from sandbox.alipay.errors import Refusal, invalid
from sandbox.alipay.merchant import Merchant
from sandbox.ground.journal import Record


def refund(merchant: Merchant, content: dict[str, Any]) -> dict[str, Any]:
    """`alipay.trade.refund`: the same number is the same refund, whose repetition moves nothing."""
    trade = trades.find_trade(merchant, content)
    fen = yuan.read(content.get("refund_amount"), "refund_amount")
    request_no = str(content.get("out_request_no") or trade["out_trade_no"])
    if len(request_no) > 64:
        raise invalid("out_request_no: 长度超限")
    earlier = find(trade, request_no)
    if earlier and earlier["fen"] != fen:
        raise Refusal("ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求")
    changed = not earlier
    if changed:
        add(merchant, trade, request_no, fen)
    if merchant.refund_lag_s:
        changed = False
    return {
        "buyer_logon_id": trades.BUYER,
        "buyer_user_id": trades.BUYER_ID,
        "fund_change": "Y" if changed else "N",
        "gmt_refund_pay": trade["refunds"][-1]["at"],
        "out_trade_no": trade["out_trade_no"],
        "refund_fee": yuan.written(refunded(trade)),
        "send_back_fee": "0.00",
        "trade_no": trade["trade_no"],
    }


def add(merchant: Merchant, trade: Record, request_no: str, fen: int) -> None:
    """Give money back and tell of it; raises Refusal."""
    if trade["status"] == trades.FINISHED:
        raise Refusal("ACQ.TRADE_HAS_FINISHED", "交易已完结")
    if not trade["paid_at"]:
        raise Refusal("ACQ.TRADE_STATUS_ERROR", "交易状态非法")
    if refunded(trade) + fen > trade["fen"]:
        raise Refusal("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
    if fen - fee_of(fen) > balance_of(merchant):
        raise Refusal("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")
    now = merchant.now_shown()
    trade["refunds"].append({"request_no": request_no, "fen": fen, "at": now})
    if refunded(trade) == trade["fen"]:
        trade |= {"status": trades.CLOSED, "closed_at": now}
    merchant.save(trades.TRADE, trade)
    # Those who write about it disagree whether this is the sum or the one refund: nobody may rely on either.
    told = refunded(trade) if merchant.ground.chances.random() < 0.5 else fen
    refund_fields = {"refund_fee": yuan.written(told), "gmt_refund": f"{now}.000", "out_biz_no": request_no}
    trades.tell(merchant, trade, **refund_fields)


def query(merchant: Merchant, content: dict[str, Any]) -> dict[str, Any]:
    """`alipay.trade.fastpay.refund.query`: success without fields where no such refund is, or not yet."""
    trade = trades.find_trade(merchant, content)
    request_no = content.get("out_request_no")
    if not request_no:
        raise invalid("out_request_no: 不能为空")
    found = find(trade, str(request_no))
    if found is None:
        return {}
    visible_at = yuan.moment_of(found["at"]) + timedelta(seconds=merchant.refund_lag_s)
    if merchant.refund_lag_s and merchant.ground.clock.now() < visible_at:
        return {}
    return {
        "out_request_no": found["request_no"],
        "out_trade_no": trade["out_trade_no"],
        "refund_amount": yuan.written(found["fen"]),
        "refund_status": "REFUND_SUCCESS",
        "total_amount": yuan.written(trade["fen"]),
        "trade_no": trade["trade_no"],
    }


def find(trade: Record, request_no: str) -> Record | None:
    return next((refund for refund in trade["refunds"] if refund["request_no"] == request_no), None)


def refunded(trade: Record) -> int:
    return sum(refund["fen"] for refund in trade["refunds"])
