"""Redemption codes: issued, redeemed as often as their terms allow, revoked; a wrong one gives nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from uuid_utils.compat import uuid7

from billing import code_format, guesses, valkey
from billing.errors import NotFound, Refused, RequestConflict, Unacceptable
from billing.models import CreditLot, LedgerTransaction, Redemption, RedemptionCode
from billing.services import codes, customers, redemptions
from billing.services.codes import CodeTerms
from billing.services.redemptions import CodeRefused, Redeemed, TooManyGuesses, UnknownCode
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


@pytest.fixture(autouse=True)
def _nobody_has_guessed() -> None:
    valkey.client().flushdb()


def asked(**changes: Any) -> CodeTerms:
    terms: dict[str, Any] = {"credit_nanos": 5 * USD, "reason": "a fair"}
    return CodeTerms(**(terms | changes))


def issued(**terms: Any) -> str:
    """A code for $5."""
    return codes.issue(asked(**terms), count=1, now=timezone.now())[0].text


def redeem(who: cast.Player, code: str, **changes: Any) -> Redeemed:
    request: dict[str, Any] = {"customer_id": who.id, "typed": code, "now": timezone.now()}
    return redemptions.redeem(**(request | changes))


class TestIssue:
    def test_stores_no_code(self):
        made = codes.issue(CodeTerms(USD, "a fair"), count=20, now=timezone.now())
        assert len({code.text for code in made}) == RedemptionCode.objects.count() == 20
        for stored in RedemptionCode.objects.values():
            assert not any(code.text[:-4] in str(stored) for code in made)

    def test_of_one_form_happens_once(self):
        first = uuid7()
        codes.issue(CodeTerms(USD, "a fair"), count=3, now=timezone.now(), first_id=first)
        with pytest.raises(RequestConflict):
            codes.issue(CodeTerms(USD, "a fair"), count=3, now=timezone.now(), first_id=first)
        assert RedemptionCode.objects.count() == 3

    @pytest.mark.parametrize(
        ("field", "terms", "count"),
        [
            ("count", {}, 0),
            ("count", {}, 1001),
            ("amount", {"credit_nanos": 0}, 1),
            ("amount", {"credit_nanos": -1}, 1),
            ("amount", {"credit_nanos": 1_000_000 * USD + 1}, 1),
            ("most_uses", {"most_uses": 0}, 1),
            ("most_uses_per_customer", {"most_uses": 2, "most_uses_per_customer": 3}, 1),
            ("credit_expires_days", {"credit_expires_days": 0}, 1),
            ("expires_at", {"expires_at": timezone.now() - timedelta(seconds=1)}, 1),
            ("reason", {"reason": "  "}, 1),
        ],
    )
    def test_refuses_terms_out_of_range(self, field: str, terms: dict[str, Any], count: int):
        with pytest.raises(Unacceptable) as refused:
            codes.issue(asked(**terms), count=count, now=timezone.now())
        assert refused.value.extra["field"] == field
        assert not RedemptionCode.objects.exists()


class TestRedeem:
    def test_gives_promotional_credit(self, alice: cast.Player):
        code, now = issued(credit_expires_days=30), timezone.now()
        redeemed = redeem(alice, code.lower(), now=now, user_id=alice.customer.members.get().id)

        assert (redeemed.credit_nanos, redeemed.expires_at) == (5 * USD, now + timedelta(days=30))
        lot, entry = CreditLot.objects.get(), LedgerTransaction.objects.get()
        assert (lot.kind, lot.amount_nanos, lot.expires_at) == ("promotional", 5 * USD, redeemed.expires_at)
        assert (entry.kind, entry.reason) == ("grant", f"code …{code[-4:]}")
        used = Redemption.objects.get()
        assert (used.number, used.ledger_transaction_id, used.user_id is None) == (1, entry.id, False)
        assert RedemptionCode.objects.get().uses == 1
        assert alice.wallet().balance_nanos == 5 * USD

    def test_gives_once(self, alice: cast.Player):
        code = issued()
        redeem(alice, code)
        self._refuses(alice, code, "code_redeemed")
        self._refuses(cast.player("Charlie"), code, "code_used_up")
        assert RedemptionCode.objects.get().uses == 1

    def test_gives_as_often_as_a_customer_may(self, alice: cast.Player):
        code = issued(most_uses=9, most_uses_per_customer=2)
        charlie = cast.player("Charlie")
        for who in (alice, charlie, alice, charlie):
            redeem(who, code)
        self._refuses(alice, code, "code_redeemed")
        assert (alice.wallet().balance_nanos, charlie.wallet().balance_nanos) == (10 * USD, 10 * USD)
        assert sorted(Redemption.objects.values_list("number", flat=True)) == [1, 1, 2, 2]

    def test_refuses_a_code_that_has_expired(self, alice: cast.Player):
        ends_at = timezone.now() + timedelta(days=1)
        code = issued(expires_at=ends_at)
        self._refuses(alice, code, "code_expired", now=ends_at)
        redeem(alice, code, now=ends_at - timedelta(microseconds=1))

    def test_refuses_a_revoked_code(self, alice: cast.Player):
        code = issued(most_uses=2)
        code_id = RedemptionCode.objects.get().id
        assert codes.revoke(code_id=code_id, now=timezone.now())
        assert not codes.revoke(code_id=code_id, now=timezone.now())
        self._refuses(alice, code, "code_revoked")
        with pytest.raises(NotFound):
            codes.revoke(code_id=uuid7(), now=timezone.now())

    def test_refuses_who_is_frozen(self, alice: cast.Player):
        code = issued()
        customers.freeze(customer_id=alice.id, reason="dispute", now=timezone.now())
        with pytest.raises(Refused) as refused:
            redeem(alice, code)
        assert refused.value.code == "customer_frozen"
        assert RedemptionCode.objects.get().uses == 0

    def test_looks_no_typo_up(self, alice: cast.Player):
        code = issued()
        typo = code[:5] + ("7" if code[5] != "7" else "8") + code[6:]
        with CaptureQueriesContext(connection) as queries, pytest.raises(Unacceptable) as refused:
            redeem(alice, typo)
        assert (refused.value.code, len(queries)) == ("code_mistyped", 0)

    def test_of_more_uses_than_there_are_is_refused_by_the_database(self):
        issued(most_uses=2)
        with pytest.raises(IntegrityError, match="uses_within_limit"), transaction.atomic():
            RedemptionCode.objects.update(uses=3)

    def _refuses(self, who: cast.Player, code: str, why: str, **changes: Any) -> None:
        before = who.wallet().balance_nanos
        with pytest.raises(CodeRefused) as refused:
            redeem(who, code, **changes)
        assert (refused.value.code, who.wallet().balance_nanos) == (why, before)


class TestGuessing:
    def test_ends_after_ten_wrong_codes(self, alice: cast.Player):
        for _ in range(guesses.MOST):
            with pytest.raises(UnknownCode):
                redeem(alice, code_format.generate())
        code = issued()
        with pytest.raises(TooManyGuesses):
            redeem(alice, code)
        redeem(cast.player("Charlie"), code)
        assert 0 < valkey.client().ttl(f"wrong-codes:{alice.id}") <= 3600

    def test_counts_no_typos(self, alice: cast.Player):
        for _ in range(guesses.MOST + 1):
            with pytest.raises(Unacceptable):
                redeem(alice, "AM-0000-0000-0000-0001")
        redeem(alice, issued())

    def test_without_valkey_is_let_through(self, alice: cast.Player, settings: Settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        valkey.client.cache_clear()
        try:
            with pytest.raises(UnknownCode):
                redeem(alice, code_format.generate())
            redeem(alice, issued())
        finally:
            valkey.client.cache_clear()
