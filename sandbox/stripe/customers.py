"""Customers: whom saved cards belong to."""

from sandbox.ground.ids import new_id
from sandbox.ground.journal import Record
from sandbox.stripe.account import Account


def new_customer(account: Account, parameters: Record) -> Record:
    customer = account.new(
        "cus_",
        "customer",
        address=None,
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        description=parameters.get("description"),
        discount=None,
        email=parameters.get("email"),
        invoice_prefix=new_id("", 8).upper(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        metadata=parameters.get("metadata", {}),
        name=parameters.get("name"),
        next_invoice_sequence=1,
        phone=parameters.get("phone"),
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=None,
    )
    account.emit("customer.created", account.save(customer))
    return customer


def details(email: str | None) -> Record:
    """`customer_details` of a completed session."""
    return {
        "address": {
            "city": None,
            "country": "US",
            "line1": None,
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
