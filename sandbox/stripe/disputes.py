"""Disputes and early fraud warnings: what a card's bank does to a payment."""

from typing import Any

from sandbox.ground.journal import Record
from sandbox.stripe import balance
from sandbox.stripe.account import Account, shown
from sandbox.stripe.errors import Invalid

ENDINGS = ("won", "lost", "warning_closed", "prevented")
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
    "refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date",
    "service_documentation", "shipping_address", "shipping_carrier", "shipping_date",
    "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def open_dispute(
    account: Account, intent: Record, *, amount: int | None, inquiry: bool, reason: str
) -> Record:
    """The card's owner disputes a payment; an inquiry only asks, and moves no money."""
    charge = account.get("charge", intent["latest_charge"] or "")
    if charge["status"] != "succeeded":
        raise Invalid("Only a successful charge can be disputed.")
    dispute = account.new(
        "du_",
        "dispute",
        amount=charge["amount"] if amount is None else amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        evidence_details={
            "due_by": account.now() + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=inquiry,
        metadata={},
        payment_intent=intent["id"],
        payment_method_details={
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "83",
            },
            "type": "card",
        },
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    charge["disputed"] = True
    account.save(charge)
    account.emit("charge.dispute.created", account.save(dispute))
    return dispute


def move(account: Account, dispute: Record, *, amount: int, fee: int, category: str) -> None:
    """Book money of a dispute; the dispute shows its balance transactions whole."""
    word = "withdrawal" if amount < 0 else "reversal"
    transaction = balance.book(
        account,
        kind="adjustment",
        category=category,
        amount=amount,
        currency=dispute["currency"],
        source=dispute["id"],
        fee=fee,
        description=f"Chargeback {word} for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(shown(transaction))
    account.save(dispute)


def withdraw(account: Account, dispute: Record, *, amount: int | None = None) -> Record:
    """The bank takes the money, and Stripe its fee; `amount` may differ from the charge's."""
    if dispute["balance_transactions"]:
        raise Invalid("The funds of this dispute were withdrawn already.")
    if dispute["status"].startswith("warning_"):
        # An inquiry that became a chargeback.
        dispute |= {"status": "needs_response", "is_charge_refundable": False}
        account.emit("charge.dispute.updated", account.save(dispute), {"status": "warning_needs_response"})
    taken = dispute["amount"] if amount is None else amount
    move(account, dispute, amount=-taken, fee=balance.DISPUTE_FEE, category="dispute")
    account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def reinstate(account: Account, dispute: Record, *, return_fee: bool = False) -> Record:
    """The bank gives the money back, and Stripe by request its fee."""
    if len(dispute["balance_transactions"]) != 1:
        raise Invalid("This dispute has no withdrawn funds to reinstate.")
    taken = -dispute["balance_transactions"][0]["amount"]
    fee = -balance.DISPUTE_FEE if return_fee else 0
    move(account, dispute, amount=taken, fee=fee, category="dispute_reversal")
    account.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def close(account: Account, dispute: Record, *, status: str) -> Record:
    if status not in ENDINGS or dispute["status"] in ENDINGS:
        raise Invalid(f"A dispute that is {dispute['status']} cannot become {status}.")
    before = {"status": dispute["status"]}
    dispute["status"] = status
    account.emit("charge.dispute.closed", account.save(dispute), before)
    return dispute


def warn(account: Account, intent: Record, *, fraud_type: str = "made_with_stolen_card") -> Record:
    """An early fraud warning: the bank thinks that the card was stolen; no money moves."""
    fields: dict[str, Any] = {"actionable": True, "fraud_type": fraud_type}
    warning = account.new(
        "issfr_",
        "radar.early_fraud_warning",
        charge=intent["latest_charge"],
        payment_intent=intent["id"],
        **fields,
    )
    account.emit("radar.early_fraud_warning.created", account.save(warning))
    return warning
