"""What mails say in Chinese."""

# ruff: noqa: RUF001 - Chinese text has commas of its own.

from typing import Final

from billing.models import MailKind
from billing.services.mails.phrases import Phrase, Phrases

CHINESE: Final = Phrases(
    kinds={
        MailKind.RECEIPT: Phrase(
            subject="收据 {number}: {amount}",
            paragraphs=("感谢您的付款。额度已到账。收据见附件。",),
            facts=(
                ("实付金额", "amount"),
                ("到账额度", "credit"),
                ("赠送额度", "bonus"),
                ("日期", "date"),
                ("收据编号", "number"),
            ),
            action="查看本次充值",
        ),
        MailKind.REFUND: Phrase(
            subject="退款 {number}: {amount}",
            paragraphs=("我们已退款 {amount}。款项将原路退回。银行可能需要数日处理。", "退款收据见附件。"),
            facts=(
                ("退款金额", "amount"),
                ("收回额度", "credit"),
                ("失效的赠送额度", "bonus"),
                ("日期", "date"),
                ("退款收据编号", "number"),
            ),
            action="查看本次充值",
        ),
        MailKind.LOW_BALANCE: Phrase(
            subject="额度不足: 剩余 {available}",
            paragraphs=(
                "您要求在可用额度低于 {threshold} 时收到通知。目前剩余 {available}。",
                "额度用完后，请求将被拒绝，直到您再次充值。",
            ),
            action="去充值",
        ),
        MailKind.CUT_OFF: Phrase(
            subject="额度已用完: 请求将被拒绝",
            paragraphs=(
                "您的额度已用完。从现在起，您的 API 请求将被拒绝。",
                "充值后数秒内即可恢复。",
            ),
            facts=(("剩余额度", "balance"), ("欠款", "debt")),
            action="去充值",
        ),
        MailKind.AUTO_TOP_UP_FAILED: Phrase(
            subject="自动充值 {amount} 未成功",
            paragraphs=("{why}", "在您处理之前，我们不会再次扣款。现有额度不受影响。"),
            facts=(("金额", "amount"), ("银行卡", "card"), ("每月上限", "cap")),
            action="查看自动充值",
        ),
        MailKind.CREDIT_EXPIRES: Phrase(
            subject="{remaining} 额度将于 {date} 到期",
            paragraphs=("您有 {remaining} 额度将于 {date} (UTC) 到期。系统总是先使用最早到期的额度。",),
            action="查看额度",
        ),
    },
    closing="您收到此邮件，是因为您负责 {seller} 的账单。{contact}",
    refusals={
        "authentication_required": "银行要求您本人确认这笔付款。",
        "card_removed": "用于自动充值的银行卡已被移除。",
        "monthly_cap_reached": "已达到您设置的自动充值每月上限。",
        "expired_card": "银行卡已过期。",
        "insufficient_funds": "银行卡余额不足。",
    },
    refused="银行卡扣款被拒绝。",
)
