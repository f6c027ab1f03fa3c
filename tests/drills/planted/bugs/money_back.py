"""Refunds and disputes: each once, no more than was paid, with what belongs to it."""

from tests.drills.planted.bug import Bug, Patch

_FOUND = "billing/services/refunds/found.py"
_REFUNDED = "tests/billing/refunds/test_found.py"
_GIVEN = "tests/billing/refunds/test_give.py::TestGive"
_DISPUTED = "tests/billing/disputes/test_post.py"

BUGS = (
    Bug(
        name="refund_without_its_providers_id",
        says="a refund found at the provider is debited each time that it is seen",
        tests=(f"{_REFUNDED}::TestPostSeen",),
        patches=(
            Patch(
                _FOUND,
                "        if refund.provider_refund_id == seen.refund_id:\n",
                '        if refund.provider_refund_id == "":\n',
            ),
        ),
        drops=("drop index refund_provider_id_once",),
    ),
    Bug(
        name="amount_refunded_deltas",
        says="each refund is taken for the sum of all that was refunded so far",
        tests=(f"{_REFUNDED}::TestPostSeen", _GIVEN),
        patches=(
            Patch(
                "billing/services/refunds/post.py",
                "refunded_nanos=purchases.refunded_nanos(top_up))",
                "refunded_nanos=0)",
            ),
        ),
    ),
    Bug(
        name="bonus_kept_on_refund",
        says="who gets money back keeps the bonus that came with it",
        tests=(f"{_REFUNDED}::TestPostSeen", _GIVEN),
        patches=(
            Patch(
                "billing/services/purchases.py",
                "return self.unspent_bonus * debit // self.returnable",
                "return 0",
            ),
        ),
    ),
    Bug(
        name="spent_bonus_paid_out",
        says="who has spent the bonus is paid back as if it had been bought credit",
        tests=(_GIVEN,),
        patches=(
            Patch(
                "billing/services/purchases.py",
                "return max(self.unspent - self.spent_bonus, 0)",
                "return max(self.unspent, 0)",
            ),
        ),
    ),
    Bug(
        name="failed_refund_kept",
        says="a refund that failed at the provider is not given back",
        tests=(f"{_REFUNDED}::TestFailure",),
        patches=(
            Patch(
                _FOUND,
                "    if seen.state == _FAILED:\n        fail.post(refund, top_up, failure",
                "    if not seen.state:\n        fail.post(refund, top_up, failure",
            ),
        ),
    ),
    Bug(
        name="refund_of_another_amount_posted",
        says="a refund that is another amount at the provider goes on as if it were the same",
        tests=(f"{_REFUNDED}::TestExcess",),
        patches=(
            Patch(
                _FOUND,
                "if (seen.amount_minor, seen.currency) != (refund.amount_minor, top_up.currency):",
                "if seen.currency != top_up.currency:",
            ),
        ),
    ),
    Bug(
        name="refund_of_a_frozen_customer",
        says="an operator can refund a customer who is frozen",
        tests=(_GIVEN,),
        patches=(
            Patch(
                "billing/services/refunds/refundable.py",
                'return "" if customer.state == Customer.State.ACTIVE else f"customer_{customer.state}"',
                'return "" if customer.state else f"customer_{customer.state}"',
            ),
        ),
    ),
    Bug(
        name="dispute_posted_twice",
        says="the money of a dispute moves each time that it is seen",
        tests=(f"{_DISPUTED}::TestPostSeen",),
        patches=(
            Patch(
                "billing/services/disputes/move.py",
                "        if posted.keys() & {effect_key(moved), effect_key(moved) + _FEE}:\n",
                "        if posted.keys() & {_FEE}:\n",
            ),
        ),
        drops=("drop index ledger_transaction_effect_once",),
    ),
    Bug(
        name="dispute_does_not_freeze",
        says="who disputes a payment goes on spending it",
        tests=(f"{_DISPUTED}::TestPostSeen", f"{_DISPUTED}::TestFreeze"),
        patches=(
            Patch(
                "billing/services/disputes/weigh.py",
                "if _customer(customer_id).state == Customer.State.ACTIVE:",
                "if _customer(customer_id).state == Customer.State.FROZEN:",
            ),
        ),
    ),
    Bug(
        name="operators_freeze_ended",
        says="a dispute that is over unfreezes whom an operator has frozen",
        tests=(f"{_DISPUTED}::TestFreeze",),
        patches=(
            Patch(
                "billing/services/disputes/weigh.py",
                "if customer.state != Customer.State.FROZEN or not is_ours:",
                "if customer.state != Customer.State.FROZEN or not customer.state_reason:",
            ),
        ),
    ),
    Bug(
        name="refund_without_its_word_of_success",
        says="a refund at Alipay counts as made, though its answer does not say so",
        tests=(
            "tests/billing/payments/alipay/test_refunds.py",
            "tests/billing/payments/alipay/test_trades.py",
        ),
        patches=(
            Patch(
                "billing/payments/alipay/trades.py",
                'if answer.get("refund_status") != "REFUND_SUCCESS":',
                'if not answer.get("refund_amount"):',
            ),
        ),
    ),
)
