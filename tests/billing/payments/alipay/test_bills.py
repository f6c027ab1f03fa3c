"""Bills as Alipay writes them, and files that are none."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from billing.payments.alipay.bills import BadBill, account_lines, trade_lines
from billing.payments.protocol import Line, LineKind

YUAN = "\uff08元\uff09"
HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    f"订单金额{YUAN},商家实收{YUAN},支付宝红包{YUAN},集分宝{YUAN},支付宝优惠{YUAN},商家优惠{YUAN},"
    f"券核销金额{YUAN},券名称,商家红包消费金额{YUAN},卡消费金额{YUAN},退款批次号/请求号,服务费{YUAN},"
    f"分润{YUAN},备注"
)
PAID = (
    "2026112322001\t,ref-1\t,交易\t,额度,2026-11-23 00:06:14,2026-11-23 00:06:15,\t,\t,\t,\t,*杨\t,"
    "100.50,100.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.60,0.00,"
)
REFUNDED = (
    "2026112322001\t,ref-1\t,退款\t,额度,2026-11-23 00:06:14,2026-11-23 10:00:00,\t,\t,\t,\t,*杨\t,"
    "-40.00,-40.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,refund-1\t,0.24,0.00,"
)
ACCOUNT_HEADER = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额\uff08+元\uff09,支出金额\uff08-元\uff09,"
    "账户余额\uff08元\uff09,交易渠道,业务类型,备注"
)
ACCOUNT = [
    "11\t,2026112322001\t,ref-1\t,额度,2026-11-23 00:06:15,*杨\t,100.50,0.00,100.50,支付宝,在线支付\t,",
    "12\t,2026112322001\t,ref-1\t,额度,2026-11-23 00:06:15,\t,0.00,-0.60,99.90,支付宝,收费\t,",
    "13\t,tx-9\t,\t,,2026-11-23 20:00:00,\t,0.00,-90.00,9.90,网商银行,提现\t,",
    "14\t,tx-10\t,\t,,2026-11-23 21:00:00,\t,1.00,0.00,10.90,支付宝,其它\t,",
]


def bill(header: str, *rows: str, encoding: str = "gbk") -> bytes:
    text = "\r\n".join(["#支付宝业务明细查询", "#账号:[2088]", header, *rows, "#交易合计:2笔", ""])
    summary = "#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数\r\n合计,\t,2\r\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2088_20261123_业务明细(汇总).csv", summary.encode(encoding))
        archive.writestr("2088_20261123_业务明细.csv", text.encode(encoding))
    return packed.getvalue()


class TestTradeLines:
    def test_reads_a_payment_and_its_refund_with_their_fees(self):
        assert trade_lines(bill(HEADER, PAID, REFUNDED)) == [
            Line(
                line_id="2026112322001",
                kind=LineKind.PAYMENT,
                happened_at=datetime(2026, 11, 22, 16, 6, 15, tzinfo=UTC),
                gross_minor=10_050,
                fee_minor=60,
                currency="CNY",
                source_id="2026112322001",
                payment_id="2026112322001",
                reference="ref-1",
            ),
            Line(
                line_id="2026112322001:refund-1",
                kind=LineKind.REFUND,
                happened_at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
                gross_minor=-4000,
                fee_minor=-24,
                currency="CNY",
                source_id="refund-1",
                payment_id="2026112322001",
                reference="ref-1",
            ),
        ]

    def test_reads_refunds_and_fees_whatever_their_sign(self):
        turned = REFUNDED.replace("-40.00", "40.00").replace(",0.24,", ",-0.24,")

        (line,) = trade_lines(bill(HEADER, turned))

        assert (line.gross_minor, line.fee_minor) == (-4000, -24)

    def test_reads_no_rows(self):
        assert trade_lines(bill(HEADER)) == []

    @pytest.mark.parametrize(
        "file",
        [
            b"",
            b"PK",
            bill("支付宝交易号,备注", "1,2"),
            bill("第一列", "1"),
            bill(HEADER, "1,2,3"),
            bill(HEADER, PAID.replace("100.50", "1e9")),
            bill(HEADER, PAID.replace("2026-11-23 00:06:15", "yesterday")),
            bill(HEADER, PAID, encoding="utf-16"),
            bill(HEADER, PAID)[:-30],
        ],
    )
    def test_refuses_what_is_no_bill(self, file: bytes):
        with pytest.raises(BadBill):
            trade_lines(file)


class TestAccountLines:
    def test_reads_payouts_and_what_nobody_knows_but_not_what_trades_did(self):
        lines = account_lines(bill(ACCOUNT_HEADER, *ACCOUNT))

        assert [(line.line_id, line.kind, line.gross_minor) for line in lines] == [
            ("13", LineKind.PAYOUT, -9000),
            ("14", LineKind.OTHER, 100),
        ]
