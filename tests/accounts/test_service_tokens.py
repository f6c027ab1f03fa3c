import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections

from accounts import key_format
from accounts.errors import TooManyTokens, Unacceptable, UnknownToken
from accounts.models import Gateway, ServiceToken
from accounts.services import service_tokens
from accounts.services.service_tokens import IssuedToken
from tests.accounts.conftest import NOW

LATER = NOW + timedelta(hours=1)


def issue(gateway: str = "gateway-1", **changes) -> IssuedToken:
    return service_tokens.issue(**{"gateway": gateway, "scopes": ["holds", "usage"], "now": NOW, **changes})


@pytest.mark.django_db
class TestIssue:
    def test_stores_the_digest_and_never_the_secret(self):
        issued = issue()

        row = ServiceToken.objects.values().get()
        assert key_format.is_well_formed(issued.secret, "st-am-")
        assert bytes(row["digest"]) == key_format.digest_of(issued.secret)
        assert issued.secret not in str(row)
        assert issued.secret not in repr(issued)
        assert issued.token.masked == f"{issued.secret[:10]}…{issued.secret[-4:]}"

    def test_creates_the_gateway_once(self):
        issue()
        issue()

        assert Gateway.objects.get().name == "gateway-1"

    def test_refuses_a_third_live_token(self):
        issue()
        issue()

        with pytest.raises(TooManyTokens):
            issue()

    def test_counts_neither_revoked_nor_expired_tokens_nor_other_gateways(self):
        service_tokens.revoke(token_id=issue().token.pk, now=NOW)
        issue(expires_at=NOW + timedelta(minutes=1))
        issue()
        issue("gateway-2")
        issue(now=LATER)

        with pytest.raises(TooManyTokens):
            issue(now=LATER)

    @pytest.mark.parametrize("scopes", [[], ["holds", "everything"], ["HOLDS"], [""]])
    def test_refuses_unknown_scopes(self, scopes):
        with pytest.raises(Unacceptable) as refusal:
            issue(scopes=scopes)

        assert refusal.value.field == "scopes"

    @pytest.mark.parametrize("gateway", ["", "Gateway 1", "a\x00b", "-a", "g" * 51, "\ud800", "a\n"])
    def test_refuses_an_unreadable_gateway_name(self, gateway):
        with pytest.raises(Unacceptable) as refusal:
            issue(gateway)

        assert refusal.value.field == "gateway"

    def test_refuses_an_expiry_in_the_past(self):
        with pytest.raises(Unacceptable):
            issue(expires_at=NOW)


@pytest.mark.django_db
class TestRevoke:
    def test_keeps_the_first_moment(self):
        token = issue().token

        service_tokens.revoke(token_id=token.pk, now=NOW)
        assert service_tokens.revoke(token_id=token.pk, now=LATER).revoked_at == NOW

    def test_refuses_an_unknown_token(self):
        with pytest.raises(UnknownToken):
            service_tokens.revoke(token_id=1, now=NOW)


@pytest.mark.django_db
class TestFindLive:
    def test_finds_a_live_token_with_its_gateway_in_one_query(self, django_assert_num_queries):
        issued = issue()

        with django_assert_num_queries(1):
            found = service_tokens.find_live(secret=issued.secret, now=NOW)
            assert found is not None
            assert found.gateway.name == "gateway-1"

    def test_finds_neither_revoked_nor_expired_nor_unknown_tokens(self):
        revoked, expired = issue(), issue(expires_at=LATER)
        service_tokens.revoke(token_id=revoked.token.pk, now=NOW)

        assert service_tokens.find_live(secret=revoked.secret, now=NOW) is None
        assert service_tokens.find_live(secret=expired.secret, now=LATER) is None
        assert service_tokens.find_live(secret=key_format.generate("st-am-"), now=NOW) is None

    def test_asks_nothing_about_a_typo_or_an_api_key(self, django_assert_num_queries):
        secret = issue().secret

        with django_assert_num_queries(0):
            assert service_tokens.find_live(secret=secret[:-1] + "!", now=NOW) is None
            assert service_tokens.find_live(secret=key_format.generate("sk-am-"), now=NOW) is None


@pytest.mark.django_db
class TestConstraints:
    @pytest.mark.parametrize(
        "change",
        [
            "scopes = '{}'",
            "scopes = '{holds,everything}'",
            "digest = '\\x00'",
            "expires_at = created_at - interval '1 second'",
        ],
    )
    def test_refuse_impossible_rows(self, change):
        issue()

        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(f"update service_token set {change}")

    @pytest.mark.parametrize("change", ["revoked_at = null", "digest = sha256('x')"])
    def test_keep_revocation_and_identity(self, change):
        service_tokens.revoke(token_id=issue().token.pk, now=NOW)

        with pytest.raises(DatabaseError, match=r"stands|keeps"), connection.cursor() as cursor:
            cursor.execute(f"update service_token set {change}")


@pytest.mark.usefixtures("committed_db")
class TestEightOperatorsAtOnce:
    def test_issue_two_tokens_together(self):
        for round_number in range(5):
            gateway = f"gateway-{round_number}"
            assert self.issued_together(gateway) == 2
            assert ServiceToken.objects.filter(gateway__name=gateway).count() == 2

    @staticmethod
    def issued_together(gateway: str) -> int:
        start = threading.Barrier(8)
        issued = []

        def run() -> None:
            start.wait()
            try:
                issued.append(issue(gateway))
            except TooManyTokens:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(issued)
