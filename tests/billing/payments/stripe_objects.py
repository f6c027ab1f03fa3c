"""Objects as Stripe's reference shows them, cut down to what tells about money."""

from typing import Any

Answer = dict[str, Any]

SESSION: Answer = {
    "id": "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1OLY",
    "object": "checkout.session",
    "amount_subtotal": 2000,
    "amount_total": 2000,
    "client_reference_id": "top-up-1",
    "created": 1_790_000_000,
    "currency": "usd",
    "customer": None,
    "expires_at": 1_790_003_600,
    "livemode": False,
    "metadata": {"reference": "top-up-1"},
    "mode": "payment",
    "payment_intent": "pi_1PgafyB7WZ01zgkWSjxsAJo3",
    "payment_status": "unpaid",
    "status": "open",
    "url": "https://checkout.stripe.com/pay/c/cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1",
}
INTENT: Answer = {
    "id": "pi_1PgafyB7WZ01zgkWSjxsAJo3",
    "object": "payment_intent",
    "amount": 2000,
    "amount_received": 0,
    "cancellation_reason": None,
    "created": 1_790_000_000,
    "currency": "usd",
    "customer": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "metadata": {"reference": "top-up-1"},
    "payment_method": None,
    "setup_future_usage": None,
    "status": "requires_payment_method",
}
DECLINE: Answer = {
    "charge": "ch_1PgafuB7WZ01zgkWXYmPNZs8",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "message": "Your card has insufficient funds.",
    "type": "card_error",
}
CARD: Answer = {
    "id": "pm_1Pgc75B7WZ01zgkWlHVgdEGJ",
    "object": "payment_method",
    "card": {"brand": "visa", "exp_month": 8, "exp_year": 2030, "last4": "4242"},
    "customer": "cus_QXg1o8vcGmoR32",
    "type": "card",
}
REFUND: Answer = {
    "id": "re_1Pgc72B7WZ01zgkWqPvrRrPE",
    "object": "refund",
    "amount": 100,
    "charge": "ch_1PgafuB7WZ01zgkWXYmPNZs8",
    "created": 1_790_000_000,
    "currency": "usd",
    "metadata": {},
    "payment_intent": "pi_1PgafyB7WZ01zgkWSjxsAJo3",
    "reason": None,
    "status": "succeeded",
}
