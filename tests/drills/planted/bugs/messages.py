"""Providers' messages: who signed them and when, whom they are for, and what became of them."""

from tests.drills.planted.bug import Bug, Patch

_SIGNATURES = "billing/payments/stripe/signatures.py"
_ALIPAYS = "billing/payments/alipay/messages.py"
_INBOX = "billing/services/top_ups/inbox.py"
_FORGED = "tests/billing/payments/test_stripe_forgeries.py::TestRead"
_READ = "tests/billing/payments/alipay/test_messages.py"
_WEBHOOK = "tests/billing/top_ups/test_webhooks.py::TestWebhook"


def _foreign(what: str) -> Bug:
    return Bug(
        name=f"{what}_unchecked",
        says=f"a notification of Alipay's for another {what} is taken for ours",
        tests=(f"{_READ}::TestForeign",),
        patches=(Patch(_ALIPAYS, f'if fields.get("{what}") != addressee.{what}:', "if not fields:"),),
    )


BUGS = (
    _foreign("app_id"),
    _foreign("seller_id"),
    Bug(
        name="empty_secret_accepted",
        says="messages are verified with a secret that is empty",
        tests=(_FORGED,),
        patches=(
            Patch(
                _SIGNATURES,
                "known = [secret for secret in secrets if secret.strip()]",
                'known = list(secrets) or [""]',
            ),
        ),
    ),
    Bug(
        name="future_timestamp_accepted",
        says="a signature may be of any time to come",
        tests=(_FORGED,),
        patches=(
            Patch(
                _SIGNATURES,
                "abs(now.timestamp() - int(signed_at[1])) > TOLERANCE_SECONDS",
                "now.timestamp() - int(signed_at[1]) > TOLERANCE_SECONDS",
            ),
        ),
    ),
    Bug(
        name="old_message_accepted",
        says="a signature may be as old as it likes",
        tests=(_FORGED,),
        patches=(
            Patch(
                _SIGNATURES,
                "abs(now.timestamp() - int(signed_at[1])) > TOLERANCE_SECONDS",
                "int(signed_at[1]) - now.timestamp() > TOLERANCE_SECONDS",
            ),
        ),
    ),
    Bug(
        name="kind_of_signature_unchecked",
        says="a notification may say that it is signed in another way than RSA2",
        tests=(f"{_READ}::TestRefuses",),
        patches=(
            Patch(
                _ALIPAYS,
                'if fields.get("sign_type") != SIGN_TYPE:',
                'if fields.get("sign_type") == "":',
            ),
        ),
    ),
    Bug(
        name="field_twice_accepted",
        says="a notification may have a field twice, the second of them not signed",
        tests=(f"{_READ}::TestRefuses",),
        patches=(
            Patch(
                _ALIPAYS,
                "    fields = dict(pairs)\n",
                "    fields = dict(reversed(pairs))\n    pairs = list(fields.items())\n",
            ),
        ),
    ),
    Bug(
        name="event_id_only_dedupe",
        says="a message with a known id is a repetition, whatever it says",
        tests=(_WEBHOOK,),
        patches=(
            Patch(
                _INBOX,
                "            hashlib.sha256(body).digest(),\n",
                "            hashlib.sha256(message.event_id.encode()).digest(),\n",
            ),
        ),
    ),
    Bug(
        name="seen_is_done",
        says="a message whose effects failed counts as handled",
        tests=(_WEBHOOK,),
        patches=(
            Patch(
                "billing/services/top_ups/events.py",
                "inbox.retry(event_id=event.id, code=str(code), detail=detail, at=now + delay)",
                "inbox.end(event_id=event.id, state=EventState.DONE, now=now + delay)",
            ),
        ),
    ),
    Bug(
        name="foreign_message_handled",
        says="a message for another account or mode is handled as ours",
        tests=(_WEBHOOK,),
        patches=(
            Patch(
                _INBOX,
                "    if message.foreign:\n        return EventState.QUARANTINED\n",
                "",
            ),
        ),
    ),
    Bug(
        name="provider_completes_anothers",
        says="a message of one provider leads to another's top-up",
        tests=(_WEBHOOK,),
        patches=(
            Patch(
                "billing/services/top_ups/references.py",
                "    known = PaymentReference.objects.filter(\n        provider=provider,\n",
                "    known = PaymentReference.objects.filter(\n",
            ),
            Patch(
                "billing/services/top_ups/checks.py",
                '        ("wrong_provider", top_up.provider, payment.provider),\n',
                "",
            ),
        ),
    ),
)
