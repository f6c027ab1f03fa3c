"""A payment as Stripe shows it: session, payment intent, refunds, disputes, warnings and card in one."""

from datetime import datetime
from typing import Final

import stripe

from billing.payments.names import ProviderName
from billing.payments.protocol import Lookup, Payment, PaymentState
from billing.payments.stripe import cards, intents, states
from billing.payments.stripe.answers import Answer, currency, expanded, id_of, metadata, moment, plain
from billing.payments.stripe.beside import Beside
from billing.payments.stripe.failures import is_missing, translated

_EXPAND: Final = [f"payment_intent.{path}" for path in intents.EXPAND]


def fetch(client: stripe.StripeClient, lookup: Lookup, *, account: str) -> Payment | None:
    with translated():
        # A message names the payment: what is kept beside it need not wait for the session.
        early = Beside.ask(client, lookup.payment_id) if lookup.payment_id else None
        session, intent = _find(client, lookup)
        if session is None and intent is None:
            return None

        return describe(client, session, intent, account=account, early=early)


def of_intent(client: stripe.StripeClient, intent: Answer, *, account: str) -> Payment:
    """The payment of an intent without a session, such as a saved card's."""
    with translated():
        return describe(client, None, intent, account=account)


def describe(
    client: stripe.StripeClient,
    session: Answer | None,
    intent: Answer | None,
    *,
    account: str,
    early: Beside | None = None,
) -> Payment:
    """Put together what Stripe keeps apart; asks for refunds and disputes only where money came.

    `early` is what was asked for before it was known whether there is any use for it.
    """
    shown = session or intent
    assert shown is not None, "a payment has a session or an intent"
    payment_id = id_of(intent["id"]) if intent else None
    beside = None
    if payment_id and intent and intent["status"] == "succeeded":
        beside = early if early and early.payment_id == payment_id else Beside.ask(client, payment_id)
    state = states.of_payment(session, intent)
    amount_minor, currency_ = _amount(session, intent, state)
    return Payment(
        provider=ProviderName.STRIPE,
        object_id=shown["id"],
        payment_id=payment_id,
        reference=_reference(session, intent),
        account=account,
        livemode=shown["livemode"],
        mode=_mode(session),
        state=state,
        amount_minor=amount_minor,
        currency=currency_,
        paid_at=_paid_at(intent) if state is PaymentState.PAID else None,
        failure=states.failure_of(intent),
        refunds=beside.refunds.result() if beside else (),
        disputes=beside.disputes.result() if beside else (),
        fraud_warning=beside.fraud_warning.result() if beside else None,
        card=cards.saved(intent),
    )


def _find(client: stripe.StripeClient, lookup: Lookup) -> tuple[Answer | None, Answer | None]:
    try:
        if lookup.object_id and lookup.object_id.startswith("cs_"):
            found = client.v1.checkout.sessions.retrieve(lookup.object_id, {"expand": _EXPAND})
            session = plain(found)
            return session, expanded(session.get("payment_intent"))

        payment_id = lookup.payment_id or lookup.object_id
        assert payment_id, "a lookup names something"
        intent = intents.retrieve(client, payment_id)
    except stripe.InvalidRequestError as error:
        if is_missing(error):
            return None, None
        raise

    page = client.v1.checkout.sessions.list({"payment_intent": payment_id, "limit": 1})
    return next((plain(session) for session in page.data), None), intent


def _reference(session: Answer | None, intent: Answer | None) -> str | None:
    """Ours, where everything that tells it agrees: a stranger may choose what a payment link hands on."""
    told = {
        (session or {}).get("client_reference_id"),
        metadata(session, "reference"),
        metadata(intent, "reference"),
    } - {None, ""}
    return told.pop() if len(told) == 1 else None


def _mode(session: Answer | None) -> str:
    if session is None:
        return "payment"
    if session["payment_status"] == states.NOTHING_DUE:
        return states.NOTHING_DUE

    return str(session["mode"])


def _amount(session: Answer | None, intent: Answer | None, state: PaymentState) -> tuple[int, str]:
    """What was received, or what is asked for until then."""
    if intent is not None and state is PaymentState.PAID:
        return intent["amount_received"], currency(intent)
    if session is not None:
        return session["amount_total"] or 0, currency(session)

    assert intent is not None, "a payment has one or the other"
    return intent["amount"], currency(intent)


def _paid_at(intent: Answer | None) -> datetime | None:
    """When it was booked: a charge that took days was created when they began."""
    charge = expanded((intent or {}).get("latest_charge"))
    booked = expanded((charge or {}).get("balance_transaction")) or charge
    return moment(booked["created"]) if booked else None
