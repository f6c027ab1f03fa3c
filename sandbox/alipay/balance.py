"""What the merchant has at Alipay: payments less fees, refunds and payouts."""

from sandbox.alipay.merchant import Merchant

PAYOUT = "payout"


def fee_of(fen: int) -> int:
    """0.6 %, rounded half up; given back with a refund."""
    return (fen * 6 + 500) // 1000


def balance_of(merchant: Merchant) -> int:
    traded = 0
    for trade in merchant.ground.store.all("trade"):
        moved = [trade["fen"]] if trade["paid_at"] else []
        moved += [-refund["fen"] for refund in trade["refunds"]]
        traded += sum(fen - fee_of(fen) if fen > 0 else fen + fee_of(-fen) for fen in moved)
    paid_out: int = sum(payout["fen"] for payout in merchant.ground.store.all(PAYOUT))
    return traded - paid_out
