"""Orders: what the app asked a person to pay. A trade begins only when somebody opens it."""

import re
from typing import Any

from sandbox.alipay import yuan
from sandbox.alipay.errors import Refusal, invalid
from sandbox.alipay.merchant import Merchant
from sandbox.alipay.trades import CLOSED, ORDER, TRADE, WAITING
from sandbox.ground.ids import new_id
from sandbox.ground.journal import Record

PRODUCTS = {
    "alipay.trade.page.pay": ("page", "FAST_INSTANT_TRADE_PAY"),
    "alipay.trade.wap.pay": ("wap", "QUICK_WAP_WAY"),
    "alipay.trade.precreate": ("qr", "FACE_TO_FACE_PAYMENT"),
}
NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
UNWANTED = re.compile(r"[/=&]")


def place(merchant: Merchant, fields: dict[str, str], content: dict[str, Any]) -> Record:
    """The order of these contents, the same one each time; raises Refusal."""
    product, code = PRODUCTS[fields["method"]]
    out_trade_no, subject = content.get("out_trade_no"), content.get("subject")
    if not isinstance(out_trade_no, str) or not NUMBER.fullmatch(out_trade_no):
        raise invalid("out_trade_no: 格式错误")
    if not isinstance(subject, str) or not 0 < len(subject) <= 256 or UNWANTED.search(subject):
        raise invalid("subject: 格式错误")
    if content.get("product_code", code) != code:
        raise invalid("product_code: 不支持")
    fen = yuan.read(content.get("total_amount"), "total_amount")
    earlier = merchant.find(ORDER, out_trade_no)
    if earlier:
        return same(merchant, earlier, fen)
    order = {
        "out_trade_no": out_trade_no,
        "product": product,
        "fen": fen,
        "subject": subject,
        "notify_url": fields.get("notify_url", ""),
        "return_url": fields.get("return_url", ""),
        "quit_url": str(content.get("quit_url", "")),
        "ordered_at": merchant.now_shown(),
        "expires_at": expiry(content.get("time_expire")),
        "token": new_id("", 20),
    }
    return merchant.save(ORDER, order)


def same(merchant: Merchant, order: Record, fen: int) -> Record:
    trade = merchant.find(TRADE, order["out_trade_no"])
    if order["fen"] != fen:
        raise Refusal("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
    if trade and trade["status"] == CLOSED:
        raise Refusal("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
    if trade and trade["status"] != WAITING:
        raise Refusal("ACQ.TRADE_HAS_SUCCESS", "交易已被支付")
    return order


def expiry(text: object) -> str:
    if text is None:
        return ""
    try:
        yuan.moment_of(str(text))
    except ValueError:
        raise invalid("time_expire: 格式错误") from None
    return str(text)


def by_token(merchant: Merchant, token: str) -> Record | None:
    return next((order for order in merchant.ground.store.all(ORDER) if order["token"] == token), None)
