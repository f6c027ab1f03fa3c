"""Alipay as a payment provider: page, wap and QR payments in CNY."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Self
from urllib.parse import urlsplit

from billing.payments.alipay import bills, trades
from billing.payments.alipay.account import Account
from billing.payments.alipay.gateway import Gateway
from billing.payments.alipay.messages import Addressee, read_notification
from billing.payments.alipay.orders import PRODUCTS, content_of, expires_at
from billing.payments.alipay.wire import CURRENCY, noon_after, yuan
from billing.payments.errors import Rejected, Unreachable
from billing.payments.names import Method, ProviderName
from billing.payments.protocol import (
    Checkout,
    Line,
    Lookup,
    Message,
    Order,
    Payment,
    PaymentState,
    RefundOrder,
    RefundSeen,
)

_LIVE_HOST: Final = "openapi.alipay.com"
_NO_TRADE: Final = "ACQ.TRADE_NOT_EXIST"
_NO_BILL: Final = frozenset({"isp.bill_not_exist", "isv.bill-not-exist", "BILL_NOT_EXIST"})


class Alipay:
    """One merchant's app at Alipay, or at the sandbox, by address and keys alone."""

    name = ProviderName.ALIPAY
    methods: tuple[Method, ...] = tuple(PRODUCTS)
    currency = CURRENCY

    def __init__(self, account: Account) -> None:
        self._account = account
        self._clock = account.clock
        self._gateway = Gateway(account)

    @classmethod
    def from_settings(cls) -> Self | None:
        """Return None where a key or a number is missing; raises `Unavailable` where a key is none."""
        account = Account.from_settings()
        return cls(account) if account else None

    @property
    def account(self) -> str:
        return f"{self._account.app_id}:{self._account.seller_id}"

    @property
    def livemode(self) -> bool:
        return urlsplit(self._account.gateway).hostname == _LIVE_HOST

    def start_checkout(self, order: Order) -> Checkout:
        """Return an address that begins the payment, or the text of a QR code.

        No trade exists before a person opened the page or scanned the code; until then `fetch` finds none.
        """
        method, _ = PRODUCTS[order.method]
        content = content_of(order)
        url = qr_code = None
        if order.method == Method.QR:
            qr_code = trades.text(self._gateway.call(method, content, notify_url=order.notify_url), "qr_code")
        else:
            links = {"notify_url": order.notify_url, "return_url": order.return_url}
            url = self._gateway.page(method, content, **links)
        ends_at = expires_at(order, now=self._clock())
        return Checkout(object_id=order.reference, url=url, qr_code=qr_code, expires_at=ends_at)

    def charge_card(self, order: Order) -> Payment:  # noqa: ARG002
        """Refuse: Alipay knows no saved cards."""
        raise Rejected("Alipay charges nobody who is away", reason="unsupported")

    def find_charge(self, order: Order) -> Payment | None:  # noqa: ARG002
        """Return None: Alipay knows no saved cards."""
        return None

    def fetch(self, lookup: Lookup, *, refunds: Sequence[str] = ()) -> Payment | None:
        try:
            answer = self._gateway.call("alipay.trade.query", trades.content_of(lookup))
        except Rejected as error:
            if error.reason == _NO_TRADE:
                return None
            raise
        trade = trades.read_trade(answer)
        if lookup.object_id not in {None, trade.out_trade_no}:
            raise Unreachable("Alipay answered about another trade")
        seen = self._refunds(trade, lookup, refunds)
        return trades.to_payment(trade, seen, account=self.account, livemode=self.livemode)

    def close(self, object_id: str) -> None:
        """Close the trade; where none exists yet, its own end (`Order.expires_at`) is what stops it."""
        try:
            self._gateway.call("alipay.trade.close", {"out_trade_no": object_id})
        except Rejected as error:
            if error.reason == _NO_TRADE:
                return
            payment = self.fetch(Lookup(object_id=object_id))
            if payment is None or payment.state != PaymentState.CLOSED:
                raise

    def refund(self, order: RefundOrder) -> RefundSeen:
        """Refund, or find that it is done: `reference` is the same refund however often it is sent.

        `PENDING` means that Alipay took it and shows no result yet; `fetch` with its reference tells later.
        """
        content = {
            "out_trade_no": order.object_id,
            "out_request_no": order.reference,
            "refund_amount": yuan(order.amount_minor),
            "refund_reason": order.reason[:256],
        }
        self._gateway.call("alipay.trade.refund", content)
        return self._refund(order.object_id, order.reference, ours=True) or trades.pending(order)

    def changed_since(self, moment: datetime) -> Iterator[Lookup]:  # noqa: ARG002
        """Yield nothing: Alipay lists no trades, each is asked about by its own number."""
        return iter(())

    def read_message(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> Message:
        """Verify and read a notification; old ones too, as Alipay repeats them for 25 hours."""
        addressee = Addressee(app_id=self._account.app_id, seller_id=self._account.seller_id)
        return read_notification(body, addressee, self._account.public_key)

    def lines(self, day: date) -> list[Line]:
        """Return payments and refunds of a day in Shanghai with their fees, then payouts and what else moved.

        Raises `Unreachable` before noon of the next day where there is no bill yet; later none means that
        nothing happened.
        """
        is_early = self._clock() < noon_after(day)
        traded = self._bill("trade", day)
        if traded is None and is_early:
            raise Unreachable(f"Alipay has no bill of {day} yet")
        moved = self._bill("signcustomer", day)
        try:
            lines = bills.trade_lines(traded) if traded else []
            return lines + (bills.account_lines(moved) if moved else [])
        except bills.BadBill as error:
            raise Unreachable(f"Alipay's bill of {day} cannot be read: {error}") from None

    def _refunds(self, trade: trades.Trade, lookup: Lookup, ours: Sequence[str]) -> list[RefundSeen]:
        asked = dict.fromkeys((*ours, *lookup.refunds)) if trade.can_have_refunds else {}
        answers = [self._refund(trade.out_trade_no, reference, ours=reference in ours) for reference in asked]
        seen = [refund for refund in answers if refund]
        # One of ours that Alipay does not show yet is part of the rest, and would be taken for another's.
        are_ours_seen = set(ours) <= {refund.reference for refund in seen}
        if are_ours_seen and (rest := trades.rest_of(trade, seen)):
            # Where no number was given to a refund, Alipay gives it the trade's.
            unnamed = self._refund(trade.out_trade_no, trade.out_trade_no, ours=False)
            seen += [refund for refund in (unnamed,) if refund]
            rest = trades.rest_of(trade, seen)
            seen += [refund for refund in (rest,) if refund]
        return seen

    def _refund(self, out_trade_no: str, reference: str, *, ours: bool) -> RefundSeen | None:
        content = {"out_trade_no": out_trade_no, "out_request_no": reference}
        try:
            answer = self._gateway.call("alipay.trade.fastpay.refund.query", content)
        except Rejected as error:
            if error.reason == _NO_TRADE:
                return None
            raise
        return trades.read_refund(answer, out_trade_no, reference, ours=ours)

    def _bill(self, kind: str, day: date) -> bytes | None:
        content = {"bill_type": kind, "bill_date": day.isoformat()}
        try:
            answer = self._gateway.call("alipay.data.dataservice.bill.downloadurl.query", content)
        except Rejected as error:
            if error.reason in _NO_BILL:
                return None
            raise
        return self._gateway.download(trades.text(answer, "bill_download_url"), bills.MOST_ZIPPED)
