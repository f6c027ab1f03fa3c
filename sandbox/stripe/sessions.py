"""Checkout sessions: what was ordered, for how long, and how the API shows it."""

from typing import Any

from sandbox.ground.journal import Record
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Invalid

SHORTEST_S, LONGEST_S = 30 * 60, 24 * 3600
LEAST_AMOUNT = 50
NO_TEXTS = dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"))


def new_session(account: Account, parameters: Record, *, base_url: str) -> Record:
    """Open a session for its line items; raises the API's errors."""
    items = parameters["line_items"]
    currency = items[0]["price_data"]["currency"]
    if any(item["price_data"]["currency"] != currency for item in items):
        raise Invalid("All prices on a Checkout Session must have the same currency.", param="line_items")
    total = sum(item["price_data"]["unit_amount"] * item.get("quantity", 1) for item in items)
    if total < LEAST_AMOUNT:
        message = "The Checkout Session's total amount due must add up to at least $0.50 usd"
        raise Invalid(message, code="amount_too_small")
    session = account.new(
        "cs_live_" if account.livemode else "cs_test_",
        "checkout.session",
        **unused_fields(),
        amount_subtotal=total,
        amount_total=total,
        cancel_url=parameters.get("cancel_url"),
        client_reference_id=parameters.get("client_reference_id"),
        currency=currency,
        customer=parameters.get("customer"),
        customer_creation=None if parameters.get("customer") else creation_of(parameters),
        customer_email=parameters.get("customer_email"),
        expires_at=expiry(account, parameters.get("expires_at")),
        locale=parameters.get("locale"),
        metadata=parameters.get("metadata", {}),
        mode="payment",
        payment_intent=None,
        payment_method_types=parameters.get("payment_method_types") or ["card", "us_bank_account"],
        payment_status="unpaid",
        status="open",
        submit_type=parameters.get("submit_type"),
        success_url=parameters["success_url"],
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        _intent=parameters.get("payment_intent_data", {}),
        _items=items,
    )
    session["url"] = f"{base_url}/c/pay/{session['id']}"
    return account.save(session)


def creation_of(parameters: Record) -> str:
    return str(parameters.get("customer_creation", "if_required"))


def expiry(account: Account, asked: int | None) -> int:
    now = account.now()
    if asked is None:
        return now + LONGEST_S
    # A minute of grace: the caller's clock and ours need not agree.
    if not now + SHORTEST_S - 60 <= asked <= now + LONGEST_S + 60:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
        raise Invalid(message, param="expires_at")
    return asked


def unused_fields() -> dict[str, Any]:
    """What Stripe shows of a session and we make no use of."""
    nothing = dict.fromkeys(
        (
            "after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret",
            "collected_information", "consent", "consent_collection", "currency_conversion",
            "customer_account", "customer_details", "invoice", "payment_link",
            "payment_method_configuration_details", "permissions", "recovered_from",
            "saved_payment_method_options", "setup_intent", "shipping_address_collection",
            "shipping_cost", "subscription", "wallet_options",
        )
    )  # fmt: skip
    return nothing | {
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": [],
        "custom_text": dict(NO_TEXTS),
        "discounts": [],
        "invoice_creation": {"enabled": False, "invoice_data": {}},
        "origin_context": None,
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "ui_mode": "hosted_page",
    }


def description(session: Record) -> str:
    return ", ".join(item["price_data"]["product_data"]["name"] for item in session["_items"])
