"""Bills of a day in Shanghai: what they list, and the links that they are fetched by."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.alipay import yuan
from sandbox.alipay.balance import PAYOUT, fee_of
from sandbox.alipay.bill_files import account_bill, trade_bill
from sandbox.alipay.errors import Refusal, invalid
from sandbox.alipay.merchant import Merchant
from sandbox.ground.ids import new_id
from sandbox.ground.journal import Record

BILL, CHANGE = "bill", "bill_change"
LIFE_S = 30


def offer(merchant: Merchant, content: dict[str, Any]) -> str:
    """Make the bill ready for download and return its token; raises Refusal."""
    kind, day = content.get("bill_type"), str(content.get("bill_date"))
    if kind not in {"trade", "signcustomer"}:
        raise invalid("bill_type: 不支持")
    if day >= yuan.day_of(merchant.ground.clock.now()):
        raise Refusal("isp.bill_not_exist", "账单不存在")
    rows = movements(merchant, day) if kind == "trade" else payouts(merchant, day)
    if not rows:
        raise Refusal("isp.bill_not_exist", "账单不存在")
    token = new_id("", 24)
    until = (merchant.ground.clock.now() + timedelta(seconds=LIFE_S)).isoformat()
    merchant.ground.store.put(BILL, token, {"kind": kind, "day": day, "until": until})
    return token


def add_downloads(app: web.Application, merchant: Merchant) -> None:
    async def download(request: web.Request) -> web.Response:
        bill = merchant.ground.store.find(BILL, request.match_info["token"])
        if bill is None or merchant.ground.clock.now().isoformat() > bill["until"]:
            raise web.HTTPNotFound
        return web.Response(body=file_of(merchant, bill), content_type="application/zip")

    app.router.add_get("/bill/{token}", download)


def file_of(merchant: Merchant, bill: Record) -> bytes:
    day = bill["day"]
    if bill["kind"] == "trade":
        return trade_bill(merchant.seller_id, day, movements(merchant, day))
    return account_bill(merchant.seller_id, day, payouts(merchant, day))


def movements(merchant: Merchant, day: str) -> list[Record]:
    """Payments and refunds of the day, with the changes that were planted in them."""
    rows = []
    for trade in merchant.ground.store.all("trade"):
        name = {key: trade[key] for key in ("trade_no", "out_trade_no", "subject", "created_at")}
        if trade["paid_at"]:
            rows.append(
                {**name, "type": "交易", "at": trade["paid_at"], "fen": trade["fen"], "request_no": ""}
            )
        rows += [
            {
                **name,
                "type": "退款",
                "at": refund["at"],
                "fen": -refund["fen"],
                "request_no": refund["request_no"],
            }
            for refund in trade["refunds"]
        ]
    for row in rows:
        row["fee"] = -fee_of(row["fen"]) if row["fen"] > 0 else fee_of(-row["fen"])
    changed = (planted(merchant, row) for row in rows)
    added = [change["row"] for change in merchant.ground.store.all(CHANGE) if change["what"] == "add"]
    return [row for row in (*changed, *added) if row and row["at"].startswith(day)]


def planted(merchant: Merchant, row: Record) -> Record | None:
    change = merchant.ground.store.find(CHANGE, f"{row['out_trade_no']}:{row['request_no']}")
    if change is None or change["what"] == "add":
        return row
    return None if change["what"] == "drop" else {**row, **change["row"]}


def payouts(merchant: Merchant, day: str) -> list[Record]:
    return [payout for payout in merchant.ground.store.all(PAYOUT) if payout["at"].startswith(day)]
