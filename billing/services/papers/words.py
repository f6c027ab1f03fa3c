"""The words on papers, in each language."""

from dataclasses import dataclass
from typing import Final

from billing.models import Language, PaperKind
from billing.payments.names import Method


@dataclass(frozen=True, slots=True)
class Words:
    """A word that a language lacks is a type error."""

    titles: dict[str, str]
    number: str
    issued: str
    paid: str
    refunded: str
    of_receipt: str
    seller: str
    buyer: str
    tax_id: str
    item: str
    amount: str
    bought: str
    gone_back: str
    total_paid: str
    total_refunded: str
    methods: dict[str, str]
    method: str
    payment: str
    refund: str
    order: str
    rate: str
    rate_is: str
    credit_added: str
    bonus_added: str
    credit_taken: str
    bonus_lapsed: str
    no_tax: str
    utc: str
    page: str


ENGLISH: Final = Words(
    titles={PaperKind.RECEIPT: "Receipt", PaperKind.REFUND: "Refund receipt"},
    number="Number",
    issued="Issued",
    paid="Paid",
    refunded="Refunded",
    of_receipt="Refund of receipt",
    seller="From",
    buyer="To",
    tax_id="Tax ID",
    item="Description",
    amount="Amount",
    bought="Prepaid credit",
    gone_back="Refund of prepaid credit",
    total_paid="Total paid",
    total_refunded="Total refunded",
    methods={
        Method.CHECKOUT: "Stripe",
        Method.SAVED_CARD: "Saved card, by Stripe",
        Method.PAGE: "Alipay",
        Method.WAP: "Alipay",
        Method.QR: "Alipay, QR code",
    },
    method="Payment method",
    payment="Payment reference",
    refund="Refund reference",
    order="Order",
    rate="Exchange rate",
    rate_is="{rate} CNY for 1 USD of credit",
    credit_added="Credit added",
    bonus_added="Bonus credit added",
    credit_taken="Credit taken back",
    bonus_lapsed="Bonus credit lapsed",
    no_tax="No tax has been computed on these amounts. This receipt is not a tax invoice.",
    utc="All dates are in UTC.",
    page="Page {page} of {pages}",
)

CHINESE: Final = Words(
    titles={PaperKind.RECEIPT: "收据", PaperKind.REFUND: "退款收据"},
    number="编号",
    issued="开具日期",
    paid="付款时间",
    refunded="退款时间",
    of_receipt="所退收据",
    seller="卖方",
    buyer="买方",
    tax_id="税号",
    item="项目",
    amount="金额",
    bought="预付额度",
    gone_back="预付额度退款",
    total_paid="实付金额",
    total_refunded="退款金额",
    methods={
        Method.CHECKOUT: "Stripe",
        Method.SAVED_CARD: "Stripe 已保存的银行卡",
        Method.PAGE: "支付宝",
        Method.WAP: "支付宝",
        Method.QR: "支付宝扫码",
    },
    method="付款方式",
    payment="支付流水号",
    refund="退款流水号",
    order="订单号",
    rate="汇率",
    rate_is="1 美元额度 = {rate} 人民币",
    credit_added="到账额度",
    bonus_added="赠送额度",
    credit_taken="收回额度",
    bonus_lapsed="失效的赠送额度",
    no_tax="以上金额未计算任何税款。本收据不是税务发票。",
    utc="所有日期均为 UTC 时间。",
    page="第 {page} / {pages} 页",
)

WORDS: Final = {Language.ENGLISH.value: ENGLISH, Language.CHINESE.value: CHINESE}
