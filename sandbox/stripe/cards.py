"""Payment methods: saved cards that work, that are declined, and that need their owner; bank debits."""

from sandbox.ground.journal import Record
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Invalid

GOOD, DECLINES, CONFIRMS = "good", "declines", "confirms"
# The last four digits of Stripe's own test cards of that behaviour.
LAST4 = {GOOD: "4242", DECLINES: "0341", CONFIRMS: "3184"}
NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def billing_details(email: str | None) -> Record:
    return {"address": dict(NO_ADDRESS), "email": email, "name": None, "phone": None, "tax_id": None}


def card_details(behaviour: str) -> Record:
    return {
        "brand": "visa",
        "checks": dict(CHECKS),
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"Sandbox{LAST4[behaviour]}",
        "funding": "credit",
        "last4": LAST4[behaviour],
        "wallet": None,
    }


def new_card(account: Account, *, behaviour: str, customer: str | None, email: str | None) -> Record:
    """A card; `behaviour` is how it answers when it is charged while its owner is away."""
    card = card_details(behaviour) | {
        "display_brand": "visa",
        "generated_from": None,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
    }
    return account.save(
        account.new(
            "pm_",
            "payment_method",
            allow_redisplay="limited",
            billing_details=billing_details(email),
            card=card,
            customer=customer,
            metadata={},
            type="card",
            _behaviour=behaviour,
            _detached=False,
        )
    )


def new_bank_account(account: Account, *, email: str | None) -> Record:
    """A bank account whose debits take days."""
    bank = {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "fingerprint": "SandboxBank6789",
        "last4": "6789",
        "routing_number": "110000000",
        "status_details": {},
    }
    return account.save(
        account.new(
            "pm_",
            "payment_method",
            allow_redisplay="unspecified",
            billing_details=billing_details(email),
            customer=None,
            metadata={},
            type="us_bank_account",
            us_bank_account=bank,
            _behaviour=GOOD,
            _detached=False,
        )
    )


def charge_details(method: Record) -> Record:
    """`payment_method_details` of a charge made with `method`."""
    if method["type"] != "card":
        bank = {name: value for name, value in method[method["type"]].items() if name != "status_details"}
        return {"type": method["type"], method["type"]: bank | {"payment_reference": None}}
    card = card_details(method["_behaviour"]) | {
        "network_token": {"used": False},
        "installments": None,
        "mandate": None,
        "network": "visa",
        "three_d_secure": None,
    }
    return {"card": card, "type": "card"}


def detach(account: Account, method: Record) -> Record:
    """Take a card from its customer; it can never be charged again."""
    if method["customer"] is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise Invalid(message)
    before = {"customer": method["customer"]}
    method |= {"customer": None, "_detached": True}
    account.emit("payment_method.detached", account.save(method), before)
    return method
