"""Reading Alipay's bills of a day: zipped CSV files in GBK, between lines that begin with `#`."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Final

from billing.payments.alipay.wire import CURRENCY, MOST_FEN, moment
from billing.payments.protocol import Line, LineKind
from catalog.decimals import parse_fixed

MOST_ZIPPED: Final = 64 * 1024 * 1024
MOST_BYTES: Final = 512 * 1024 * 1024
_TRADES: Final = {"交易": LineKind.PAYMENT, "退款": LineKind.REFUND}
# Of the account's own movements: what trades did stands in the other bill, with its fees.
_TOLD_BY_TRADES: Final = frozenset({"在线支付", "交易付款", "交易退款", "退款", "收费", "服务费"})
_PAYOUT: Final = "提现"
# Columns of amounts name their unit, in full-width brackets or plain ones.
_UNIT: Final = re.compile("[(\uff08][+-]?\u5143[)\uff09]$")


class BadBill(ValueError):
    """The file is not a bill of Alipay's."""


def trade_lines(zipped: bytes) -> list[Line]:
    """Read the bill of trades: a line for each payment and refund, with its fee; raises `BadBill`."""
    return _lines(zipped, "支付宝交易号", _trade_line)


def account_lines(zipped: bytes) -> list[Line]:
    """Read the account's bill for what is about no trade, such as payouts; raises `BadBill`."""
    return _lines(zipped, "账务流水号", _account_line)


def _lines(zipped: bytes, first: str, read: Callable[[dict[str, str]], Line | None]) -> list[Line]:
    try:
        return [line for row in _rows(zipped, first) if (line := read(row))]
    except KeyError as error:
        raise BadBill(f"the bill has no column {error}") from None
    except (ValueError, csv.Error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadBill(f"not a bill: {error}") from None


def _rows(zipped: bytes, first: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the file whose first column has that name; the others hold totals."""
    found = False
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
            raise BadBill("the bill is too large")
        for entry in archive.infolist():
            text = archive.read(entry).decode("gb18030")
            table = csv.reader(line for line in text.splitlines() if line and not line.startswith("#"))
            header = [_column(cell) for cell in next(table, [])]
            if not header or header[0] != first:
                continue
            found = True
            for cells in table:
                yield dict(zip(header, (cell.strip() for cell in cells), strict=True))
    if not found:
        raise BadBill(f"no file of the bill begins with {first}")


def _column(cell: str) -> str:
    return _UNIT.sub("", cell.strip())


def _trade_line(row: dict[str, str]) -> Line:
    kind = _TRADES.get(row["业务类型"], LineKind.OTHER)
    trade_no, request_no = row["支付宝交易号"], row["退款批次号/请求号"]
    # Bills differ in the sign of amounts and fees; which way the money went is what the kind says.
    gross, fee = abs(_fen(row["商家实收"])), abs(_fen(row["服务费"]))
    sign = -1 if kind == LineKind.REFUND else 1
    return Line(
        line_id=f"{trade_no}:{request_no}" if request_no else trade_no,
        kind=kind,
        happened_at=moment(row["完成时间"] or row["创建时间"]),
        gross_minor=sign * gross,
        fee_minor=sign * fee,
        currency=CURRENCY,
        source_id=request_no or trade_no,
        payment_id=trade_no,
        reference=row["商户订单号"] or None,
    )


def _account_line(row: dict[str, str]) -> Line | None:
    what = row["业务类型"]
    if what in _TOLD_BY_TRADES:
        return None
    return Line(
        line_id=row["账务流水号"],
        kind=LineKind.PAYOUT if what == _PAYOUT else LineKind.OTHER,
        happened_at=moment(row["发生时间"]),
        gross_minor=abs(_fen(row["收入金额"])) - abs(_fen(row["支出金额"])),
        fee_minor=0,
        currency=CURRENCY,
        source_id=row["业务流水号"] or None,
        reference=row["商户订单号"] or None,
    )


def _fen(text: str) -> int:
    if not text:
        return 0
    digits = text.lstrip("+-")
    value = parse_fixed(digits, 2, MOST_FEN)
    return -value if text.startswith("-") else value
