"""What Alipay shows of a trade and its refunds, as a payment of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from billing.payments.alipay.wire import CURRENCY, fen, moment
from billing.payments.errors import Unreachable
from billing.payments.names import ProviderName
from billing.payments.protocol import Lookup, Payment, PaymentState, RefundOrder, RefundSeen, RefundState

_STATES: Final = {
    "WAIT_BUYER_PAY": PaymentState.WAITING,
    "TRADE_SUCCESS": PaymentState.PAID,
    "TRADE_FINISHED": PaymentState.PAID,
    "TRADE_CLOSED": PaymentState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade as `alipay.trade.query` shows it, still without refunds: it lists none."""

    out_trade_no: str
    trade_no: str
    status: str
    amount_fen: int
    currency: str
    sent_at: str

    @property
    def was_paid(self) -> bool:
        # A trade is also closed by refunding all of it: then it has been paid, at a time that Alipay tells.
        return _STATES[self.status] == PaymentState.PAID or bool(self.sent_at)

    @property
    def can_have_refunds(self) -> bool:
        return self.status != "WAIT_BUYER_PAY"

    @property
    def is_closed(self) -> bool:
        return self.status == "TRADE_CLOSED"


def content_of(lookup: Lookup) -> dict[str, str]:
    """Name a trade by our number or, where we have none, by Alipay's."""
    if lookup.object_id:
        return {"out_trade_no": lookup.object_id}
    assert lookup.payment_id, "a lookup names something"
    return {"trade_no": lookup.payment_id}


def read_trade(answer: dict[str, Any]) -> Trade:
    """Read an answer to `alipay.trade.query`; raises `Unreachable` on one that makes no sense."""
    try:
        trade = Trade(
            out_trade_no=answer["out_trade_no"],
            trade_no=answer["trade_no"],
            status=answer["trade_status"],
            amount_fen=fen(answer["total_amount"]),
            currency=answer.get("trans_currency") or CURRENCY,
            sent_at=answer.get("send_pay_date") or "",
        )
    except (KeyError, TypeError, ValueError):
        raise Unreachable("Alipay's answer about the trade makes no sense") from None
    if trade.status not in _STATES:
        raise Unreachable(f"Alipay shows a trade in an unknown state: {trade.status:.40}")
    return trade


def read_refund(answer: dict[str, Any], out_trade_no: str, asked: str, *, ours: bool) -> RefundSeen | None:
    """Read an answer to `alipay.trade.fastpay.refund.query`; None where there is no such refund, or not yet.

    The amount is this refund's own. `refund_fee`, elsewhere, is a sum in some answers and one refund in
    others.
    """
    # Without this word the refund did not arrive, failed or is not done, whatever else is told of it.
    if answer.get("refund_status") != "REFUND_SUCCESS":
        return None
    if answer.get("out_request_no") != asked or answer.get("out_trade_no") != out_trade_no:
        raise Unreachable("Alipay answered about another refund")
    try:
        amount = fen(answer["refund_amount"])
    except (KeyError, TypeError, ValueError):
        raise Unreachable("Alipay's answer about the refund makes no sense") from None
    return RefundSeen(
        refund_id=f"{out_trade_no}:{asked}",
        reference=asked if ours else None,
        amount_minor=amount,
        currency=CURRENCY,
        state=RefundState.SUCCEEDED,
    )


def pending(order: RefundOrder) -> RefundSeen:
    """Return a refund that Alipay took and shows no result of yet."""
    return RefundSeen(
        refund_id=f"{order.object_id}:{order.reference}",
        reference=order.reference,
        amount_minor=order.amount_minor,
        currency=CURRENCY,
        state=RefundState.PENDING,
    )


def rest_of(trade: Trade, refunds: Sequence[RefundSeen]) -> RefundSeen | None:
    """Return what a closed trade must have given back beyond the refunds that we know of.

    Paid and closed means that all of it went back, also in refunds made on Alipay's own pages, and Alipay
    lists none. With this rest the refunds are the whole payment: one that becomes known later is one too
    many, and must not be debited again.
    """
    rest = trade.amount_fen - sum(refund.amount_minor for refund in refunds)
    if not (trade.is_closed and trade.was_paid and rest > 0):
        return None
    return RefundSeen(
        refund_id=f"{trade.out_trade_no}:rest",
        reference=None,
        amount_minor=rest,
        currency=trade.currency,
        state=RefundState.SUCCEEDED,
        reason="refunded on Alipay's own pages",
    )


def text(answer: dict[str, Any], name: str) -> str:
    """Return a text that an answer must have; raises `Unreachable`."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Unreachable(f"Alipay's answer has no {name}")
    return value


def to_payment(trade: Trade, refunds: Sequence[RefundSeen], *, account: str, livemode: bool) -> Payment:
    try:
        paid_at = moment(trade.sent_at) if trade.sent_at else None
    except ValueError:
        paid_at = None
    was_paid = trade.was_paid or bool(refunds)
    return Payment(
        provider=ProviderName.ALIPAY,
        object_id=trade.out_trade_no,
        payment_id=trade.trade_no,
        reference=trade.out_trade_no,
        account=account,
        livemode=livemode,
        mode="payment",
        state=PaymentState.PAID if was_paid else _STATES[trade.status],
        amount_minor=trade.amount_fen,
        currency=trade.currency,
        paid_at=paid_at,
        refunds=tuple(refunds),
    )
