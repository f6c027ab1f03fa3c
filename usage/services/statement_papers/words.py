"""The words on statements, in each language."""

from dataclasses import dataclass
from typing import Final

from billing.models import Language, TransactionKind

OWED: Final = "owed"


@dataclass(frozen=True, slots=True)
class Words:
    """`kinds`: what a line is called, by the statement's own word for it."""

    title: str
    account: str
    period: str
    made: str
    so_far: str
    opening: str
    credited: str
    debited: str
    closing: str
    owed: str
    date: str
    item: str
    columns: tuple[str, str, str]
    requests: str
    kinds: dict[str, str]
    nothing: str
    exact: str
    page: str


ENGLISH: Final = Words(
    title="Statement",
    account="Account",
    period="Period (UTC)",
    made="Made on",
    so_far="The month is not over: this is what was posted so far.",
    opening="Opening balance",
    credited="Credited",
    debited="Debited",
    closing="Closing balance",
    owed="Owed at the end",
    date="Date",
    item="Description",
    columns=("Credited, USD", "Debited, USD", "Balance, USD"),
    requests="{model}, requests: {requests}",
    kinds={
        TransactionKind.USAGE: "Usage",
        TransactionKind.CORRECTION: "Usage, corrected",
        TransactionKind.GRANT: "Credit given",
        TransactionKind.ADJUSTMENT: "Adjustment",
        TransactionKind.EXPIRY: "Credit expired",
        TransactionKind.DEBT_REPAYMENT: "Repaid what was owed",
        TransactionKind.TOP_UP: "Top-up",
        TransactionKind.REFUND: "Refund",
        TransactionKind.REFUND_REVERSAL: "Refund failed, credit returned",
        TransactionKind.DISPUTE: "Payment disputed",
        TransactionKind.DISPUTE_REVERSAL: "Dispute withdrawn, credit returned",
        OWED: "Owed for the usage below",
    },
    nothing="Nothing was posted in this period.",
    exact="Amounts are exact. Opening balance, plus credited, less debited, is the closing balance.",
    page="Page {page} of {pages}",
)

CHINESE: Final = Words(
    title="对账单",
    account="账户",
    period="期间 (UTC)",
    made="生成日期",
    so_far="本月尚未结束。此处为截至目前的记录。",
    opening="期初余额",
    credited="增加",
    debited="扣减",
    closing="期末余额",
    owed="期末欠款",
    date="日期",
    item="项目",
    columns=("增加 USD", "扣减 USD", "余额 USD"),
    requests="{model} 请求数: {requests}",
    kinds={
        TransactionKind.USAGE: "用量",
        TransactionKind.CORRECTION: "用量更正",
        TransactionKind.GRANT: "赠送额度",
        TransactionKind.ADJUSTMENT: "调整",
        TransactionKind.EXPIRY: "额度到期",
        TransactionKind.DEBT_REPAYMENT: "偿还欠款",
        TransactionKind.TOP_UP: "充值",
        TransactionKind.REFUND: "退款",
        TransactionKind.REFUND_REVERSAL: "退款失败退回额度",
        TransactionKind.DISPUTE: "付款争议",
        TransactionKind.DISPUTE_REVERSAL: "争议撤销退回额度",
        OWED: "以下用量的欠款",
    },
    nothing="此期间没有记录。",
    exact="金额均为精确值。期初余额加上增加、减去扣减即为期末余额。",
    page="第 {page} / {pages} 页",
)

WORDS: Final = {Language.ENGLISH.value: ENGLISH, Language.CHINESE.value: CHINESE}
