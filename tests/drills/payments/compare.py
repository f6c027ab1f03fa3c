"""Where our books are not what the model expects, in words."""

from collections.abc import Iterator

from billing.models import LedgerAccount
from tests.drills.payments.model import Expected
from tests.drills.payments.said import ENDED
from tests.drills.payments.stored import Stored
from tests.drills.payments.terms import ALIPAY

# What an operator is rightly told.
_ALERTS = frozenset({"paid_after_end", "more_back_than_paid"})
# Orders whose beginning was refused are kept too, unpaid.
_NEVER_BEGUN = frozenset({ENDED, "failed"})


def differences(expected: Expected, stored: Stored) -> Iterator[str]:
    yield from _top_ups(expected, stored)
    yield from _wallet(expected, stored)
    yield from _house(expected, stored)
    yield from _refunds(expected, stored)
    paid = sum(top_up.credit_nanos > 0 for top_up in expected.top_ups.values())
    if stored.posted["top_up"] != paid:
        yield f"{stored.posted['top_up']} credits are posted for {paid} paid top-ups"
    for code, detail in stored.alerts:
        if code not in _ALERTS:
            yield f"alert {code}: {detail}"


def _top_ups(expected: Expected, stored: Stored) -> Iterator[str]:
    rows = {row.id.hex: row for row in stored.top_ups}
    for reference, top_up in expected.top_ups.items():
        row = rows.pop(reference)
        pairs = {
            "state": (row.state, top_up.state),
            "refunded": (row.refunded_minor, top_up.refunded_minor),
            "disputed": (row.disputed_minor, top_up.disputed_minor),
            "suspected": (row.is_suspected, top_up.is_suspected),
            "credit": (row.credit_nanos if row.state == "paid" else 0, top_up.credit_nanos),
        }
        for name, (ours, theirs) in pairs.items():
            if ours != theirs:
                yield f"{row.provider} top-up {reference[-6:]}: {name} is {ours}, should be {theirs}"
    for reference, row in rows.items():
        if row.state not in _NEVER_BEGUN:
            yield f"{row.provider} top-up {reference[-6:]} that nobody was told of is {row.state}"


def _wallet(expected: Expected, stored: Stored) -> Iterator[str]:
    wallet = stored.wallet
    least, most = expected.net_nanos
    net = wallet.balance_nanos - wallet.debt_nanos
    if not least <= net <= most:
        yield f"balance less debt is {net}, should be {least} to {most}"
    if wallet.balance_nanos and wallet.debt_nanos:
        yield f"owes {wallet.debt_nanos} with {wallet.balance_nanos} at hand"
    if wallet.lots_nanos != wallet.balance_nanos:
        yield f"lots hold {wallet.lots_nanos}, the wallet {wallet.balance_nanos}"
    if wallet.held_nanos:
        yield f"holds {wallet.held_nanos}"
    if expected.is_frozen is not None and wallet.is_frozen != expected.is_frozen:
        yield f"frozen is {wallet.is_frozen}, should be {expected.is_frozen}"


def _house(expected: Expected, stored: Stored) -> Iterator[str]:
    wanted = {
        LedgerAccount.CLEARING_STRIPE: expected.clearing_stripe_nanos,
        LedgerAccount.CLEARING_ALIPAY_CNY: expected.clearing_alipay_nanos,
        LedgerAccount.EXCHANGE_CNY: -expected.clearing_alipay_nanos,
        LedgerAccount.EXPENSE_DISPUTE_FEE: expected.dispute_fees_nanos,
    }
    for account, nanos in wanted.items():
        if (ours := stored.debit_balance(account)) != nanos:
            yield f"{account.label} is {ours}, should be {nanos}"


def _refunds(expected: Expected, stored: Stored) -> Iterator[str]:
    """Alipay names some refunds nowhere; the rest of a closed trade stands for them: only sums count."""
    providers = {row.id.hex: row.provider for row in stored.top_ups}
    for reference, refunds in expected.refunds.items():
        mine = [row for row in stored.refunds if row.top_up_id.hex == reference]
        waiting = [row for row in mine if row.state == "requested"]
        if waiting:
            yield f"{len(waiting)} refunds of {reference[-6:]} are still asked for"
        if providers[reference] != ALIPAY:
            ours = {row.provider_refund_id: row.amount_minor for row in mine if row.state != "failed"}
            if ours != refunds:
                yield f"refunds of {reference[-6:]} are {ours}, should be {refunds}"
