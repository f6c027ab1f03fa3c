"""How a top-up is put to Alipay: product, subject and the moment after which nobody can pay."""

from datetime import datetime, timedelta
from typing import Any, Final

from billing.payments.alipay.wire import shanghai, yuan
from billing.payments.names import Method
from billing.payments.protocol import Order

# API and product of each way to pay.
PRODUCTS: Final = {
    Method.PAGE: ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
    Method.WAP: ("alipay.trade.wap.pay", "QUICK_WAP_WAY"),
    Method.QR: ("alipay.trade.precreate", "FACE_TO_FACE_PAYMENT"),
}
# A QR code lives no longer, whatever was asked for.
QR_LIFE: Final = timedelta(hours=2)
_MOST_SUBJECT: Final = 128
# Alipay refuses the first three in a subject; a comma would shift the columns of its bill.
_UNWANTED: Final = str.maketrans(dict.fromkeys("/=&,", " "))


def content_of(order: Order) -> dict[str, Any]:
    _, product = PRODUCTS[order.method]
    content = {
        "out_trade_no": order.reference,
        "total_amount": yuan(order.amount_minor),
        "subject": order.description.translate(_UNWANTED)[:_MOST_SUBJECT],
        "product_code": product,
        "time_expire": shanghai(order.expires_at),
    }
    if order.method == Method.WAP:
        content["quit_url"] = order.cancel_url
    return content


def expires_at(order: Order, *, now: datetime) -> datetime:
    return min(order.expires_at, now + QR_LIFE) if order.method == Method.QR else order.expires_at
