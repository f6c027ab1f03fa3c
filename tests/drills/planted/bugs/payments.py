"""Payments: whose they are, what counts as paid, and how often."""

from tests.drills.planted.bug import Bug, Patch

_CHECKS = "billing/services/top_ups/checks.py"
_CONVERGE = "billing/services/top_ups/converge.py"
_STATES = "billing/payments/stripe/states.py"
_TOP_UPS = "tests/billing/top_ups"
_CONVERGED = f"{_TOP_UPS}/test_converge.py::TestConverge"
_MISMATCH = f"{_TOP_UPS}/test_mismatches.py::TestMismatch"
_STRIPES_STATES = "tests/billing/payments/test_stripe_states.py::TestOfPayment"
_ONCE = "drop index ledger_transaction_effect_once"


def _unchecked(what: str, ours: str, theirs: str) -> Bug:
    return Bug(
        name=f"payment_{what}_unchecked",
        says=f"a payment whose {what} is another one than was asked for is credited",
        tests=(_MISMATCH,),
        patches=(Patch(_CHECKS, f'        ("wrong_{what}", {ours}, {theirs}),\n', ""),),
    )


BUGS = (
    _unchecked("amount", "top_up.amount_minor", "payment.amount_minor"),
    _unchecked("currency", "top_up.currency", "payment.currency"),
    _unchecked("account", "provider.account", "payment.account"),
    _unchecked("livemode", "provider.livemode", "payment.livemode"),
    _unchecked("mode", '"payment"', "payment.mode"),
    Bug(
        name="credit_on_unpaid",
        says="a checkout that is complete counts as paid, though the bank has not said yes",
        tests=(_STRIPES_STATES,),
        patches=(
            Patch(
                _STATES,
                "return _unless_paid(_of_intent(intent) if intent else PaymentState.PROCESSING)",
                "return PaymentState.PAID",
            ),
        ),
    ),
    Bug(
        name="session_believed_without_money",
        says="a session that says paid is enough, whatever the payment itself says",
        tests=(_STRIPES_STATES,),
        patches=(
            Patch(
                _STATES,
                'received = intent is not None and intent["status"] == "succeeded"',
                "received = True",
            ),
        ),
    ),
    Bug(
        name="payload_believed",
        says="a signed message is proof of the payment",
        tests=(f"{_TOP_UPS}/test_webhooks.py::TestWebhook", _CONVERGED),
        patches=(
            Patch(
                _CONVERGE,
                "if payment.state == PaymentState.PAID and top_up.state != TopUpState.PAID:",
                "if top_up.state != TopUpState.PAID:",
            ),
        ),
    ),
    Bug(
        name="converge_decides_before_the_lock",
        says="the top-up is read before its wallet is locked",
        tests=(f"{_TOP_UPS}/test_races.py::TestConvergers",),
        patches=(
            Patch(
                _CONVERGE,
                "        book = Book.lock([customer_id], now=now)\n"
                "        top_up = queries.get(customer_id=customer_id, top_up_id=top_up_id)\n",
                "        top_up = queries.get(customer_id=customer_id, top_up_id=top_up_id)\n"
                "        book = Book.lock([customer_id], now=now)\n",
            ),
        ),
        drops=(_ONCE, "drop trigger top_up_stays_paid on top_up"),
    ),
    Bug(
        name="late_payment_not_credited",
        says="money that comes after we gave a top-up up is kept without credit",
        tests=(_CONVERGED,),
        patches=(
            Patch(
                _CONVERGE,
                "if payment.state == PaymentState.PAID and top_up.state != TopUpState.PAID:",
                "if payment.state == PaymentState.PAID and top_up.state in PENDING:",
            ),
        ),
    ),
    Bug(
        name="older_answer_reopens",
        says="an older answer of the provider takes a newer state back",
        tests=(_CONVERGED,),
        patches=(
            Patch(
                _CONVERGE,
                "if state == top_up.state or (state == TopUpState.OPEN and top_up.state "
                "!= TopUpState.CREATED):",
                "if state == top_up.state:",
            ),
        ),
    ),
    Bug(
        name="rate_not_locked",
        says="a payment in CNY buys at the rate of the moment at which it arrives",
        tests=("tests/payments/test_terms.py",),
        patches=(
            Patch(
                "billing/services/top_ups/credit.py",
                "return book.credit(entry, top_up.credit_nanos, source=source",
                "asked = {'provider': top_up.provider, 'amount_minor': top_up.amount_minor}\n"
                "    now = offers.make(**asked, now=book.now)\n"
                "    return book.credit(entry, now.credit_nanos, source=source",
            ),
        ),
    ),
    Bug(
        name="bonus_of_the_wrong_plan",
        says="a bonus is that of the moment at which the payment arrives",
        tests=("tests/payments/test_terms.py", _CONVERGED),
        patches=(
            Patch(
                "billing/services/top_ups/credit.py",
                "plan = offers.plan_in_force(now=top_up.created_at)",
                "plan = offers.plan_in_force(now=now)",
            ),
        ),
    ),
    Bug(
        name="one_key_for_two_orders",
        says="another order under a known idempotency key is answered with the first one",
        tests=(f"{_TOP_UPS}/test_start.py::TestStart",),
        patches=(
            Patch(
                "billing/services/top_ups/start.py",
                "if bytes(before.fingerprint) != request.fingerprint:",
                "if not before.fingerprint:",
            ),
        ),
    ),
    Bug(
        name="payment_counts_for_two",
        says="one payment may complete two top-ups",
        tests=(_MISMATCH, f"{_TOP_UPS}/test_races.py::TestConvergers"),
        patches=(
            Patch(
                "billing/services/top_ups/references.py",
                "if kept.top_up_id != top_up.id:",
                "if not kept.top_up_id:",
            ),
        ),
    ),
)
