"""A bill's files, zipped: CSV in GBK with the columns of Alipay's own, between lines that begin with `#`."""

import csv
import io
import zipfile
from collections.abc import Iterable

from sandbox.alipay import yuan
from sandbox.ground.journal import Record

# Columns of amounts name their unit in full-width brackets.
YUAN, PLUS, MINUS = "\uff08元\uff09", "\uff08+元\uff09", "\uff08-元\uff09"
TRADE_COLUMNS = [
    *("支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间"),
    *("门店编号", "门店名称", "操作员", "终端号", "对方账户"),
    *(f"{name}{YUAN}" for name in ("订单金额", "商家实收", "支付宝红包", "集分宝")),
    *(f"{name}{YUAN}" for name in ("支付宝优惠", "商家优惠", "券核销金额")),
    "券名称",
    *(f"{name}{YUAN}" for name in ("商家红包消费金额", "卡消费金额")),
    "退款批次号/请求号",
    *(f"{name}{YUAN}" for name in ("服务费", "分润")),
    "备注",
]
ACCOUNT_COLUMNS = [
    *("账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号"),
    *(f"收入金额{PLUS}", f"支出金额{MINUS}", f"账户余额{YUAN}", "交易渠道", "业务类型", "备注"),
]
LINE = "-" * 40


def trade_bill(seller_id: str, day: str, rows: Iterable[Record]) -> bytes:
    return zipped("业务明细", seller_id, day, TRADE_COLUMNS, [trade_cells(row) for row in rows])


def account_bill(seller_id: str, day: str, rows: Iterable[Record]) -> bytes:
    return zipped("账务明细", seller_id, day, ACCOUNT_COLUMNS, [payout_cells(row) for row in rows])


def zipped(title: str, seller_id: str, day: str, columns: list[str], rows: list[list[str]]) -> bytes:
    """The file with the rows, and beside it the one with their totals."""
    name = f"{seller_id}0156_{day.replace('-', '')}_{title}"
    files = {
        f"{name}.csv": csv_text(title, seller_id, day, columns, rows),
        f"{name}(汇总).csv": csv_text(
            f"{title}汇总", seller_id, day, ["类型", "笔数"], [["合计", str(len(rows))]]
        ),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            # GBK knows no ¥ of ours, and Alipay replaces what it cannot write.
            archive.writestr(file, text.encode("gbk", "replace"))
    return packed.getvalue()


def csv_text(title: str, seller_id: str, day: str, columns: list[str], rows: list[list[str]]) -> str:
    out = io.StringIO()
    out.write(f"#支付宝{title}查询\r\n#账号:[{seller_id}0156]\r\n#起始日期:[{day} 00:00:00]\r\n")
    out.write(f"#{LINE}{title}列表{LINE}\r\n")
    table = csv.writer(out)
    table.writerow(columns)
    table.writerows(rows)
    out.write(f"#{LINE}{title}列表结束{LINE}\r\n")
    return out.getvalue()


def trade_cells(row: Record) -> list[str]:
    amount, nothing = yuan.written(row["fen"]), "0.00"
    return [
        *(f"{row['trade_no']}\t", f"{row['out_trade_no']}\t", f"{row['type']}\t", row["subject"]),
        *(row["created_at"], row["at"], "\t", "\t", "\t", "\t", "*三(san***@example.com)\t"),
        *(amount, amount, nothing, nothing, nothing, nothing, nothing, "", nothing, nothing),
        *(f"{row['request_no']}\t", yuan.written(row["fee"]), nothing, ""),
    ]


def payout_cells(row: Record) -> list[str]:
    return [
        *(f"{row['payout_no']}\t", f"{row['payout_no']}\t", "\t", "", row["at"], "\t"),
        *("0.00", yuan.written(-row["fen"]), "0.00", "", "提现\t", ""),
    ]
