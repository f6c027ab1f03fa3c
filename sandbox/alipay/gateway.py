"""`gateway.do`: every call of the app arrives here, signed, and is answered signed."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.alipay import bills, orders, refunds, rsa, trades
from sandbox.alipay.errors import Refusal
from sandbox.alipay.merchant import Merchant

Content = dict[str, Any]
Call = Callable[[Merchant, Content], Content]
PAGES = ("alipay.trade.page.pay", "alipay.trade.wap.pay")
REQUIRED = ("app_id", "method", "charset", "sign_type", "sign", "timestamp", "version")


def close(merchant: Merchant, content: Content) -> Content:
    trade = trades.find_trade(merchant, content)
    trades.close(merchant, trade)
    return {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}


CALLS: dict[str, Call] = {
    "alipay.trade.query": lambda merchant, content: trades.shown(trades.find_trade(merchant, content)),
    "alipay.trade.close": close,
    "alipay.trade.refund": refunds.refund,
    "alipay.trade.fastpay.refund.query": refunds.query,
}


def add_gateway(app: web.Application, merchant: Merchant) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        fields = {**request.query, **{k: str(v) for k, v in (await request.post()).items()}}
        if fields.get("method") in PAGES:
            return to_cashier(merchant, fields)
        base_url = f"{request.scheme}://{request.host}"
        text = answer(merchant, fields, base_url)
        return web.Response(text=text, content_type="text/html", charset="utf-8")

    app.router.add_route("*", "/gateway.do", handle)


def to_cashier(merchant: Merchant, fields: dict[str, str]) -> web.Response:
    try:
        order = orders.place(merchant, fields, checked(merchant, fields))
    except Refusal as refusal:
        return web.Response(status=400, text=f"{refusal.sub_code}: {refusal.sub_msg}")
    raise web.HTTPFound(f"/cashier/{order['token']}")


def answer(merchant: Merchant, fields: dict[str, str], base_url: str) -> str:
    method = fields.get("method", "")
    try:
        content = checked(merchant, fields)
        done = called(merchant, fields, content, base_url)
    except Refusal as refusal:
        return merchant.answered(method, refusal.fields(), with_signature=refusal.signed)
    return merchant.answered(method, {"code": "10000", "msg": "Success", **done})


def called(merchant: Merchant, fields: dict[str, str], content: Content, base_url: str) -> Content:
    method = fields["method"]
    if method == "alipay.trade.precreate":
        order = orders.place(merchant, fields, content)
        return {"out_trade_no": order["out_trade_no"], "qr_code": f"{base_url}/qr/{order['token']}"}
    if method == "alipay.data.dataservice.bill.downloadurl.query":
        return {"bill_download_url": f"{base_url}/bill/{bills.offer(merchant, content)}"}
    if method not in CALLS:
        raise Refusal("isv.invalid-method", "不存在的方法名", code="40002")
    return CALLS[method](merchant, content)


def checked(merchant: Merchant, fields: dict[str, str]) -> Content:
    """The content of a call that the app has signed; raises Refusal."""
    for name in REQUIRED:
        if not fields.get(name):
            raise Refusal(f"isv.missing-{name.replace('_', '-')}", f"缺少{name}", code="40001", signed=False)
    if fields["app_id"] != merchant.app_id:
        raise Refusal("isv.invalid-app-id", "无效的AppID参数", code="40002", signed=False)
    text = rsa.joined(fields, without=("sign",))
    if fields["sign_type"] != "RSA2" or not rsa.verifies(text, fields["sign"], merchant.app_key):
        raise Refusal("isv.invalid-signature", "验签出错", code="40002", signed=False)
    try:
        content = json.loads(fields.get("biz_content", "{}"))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refusal("isv.invalid-parameter", "参数无效", code="40002")
    return content
