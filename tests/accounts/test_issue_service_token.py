from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import ServiceToken
from accounts.services import service_tokens

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    stdout, stderr = StringIO(), StringIO()
    call_command("issue_service_token", *arguments, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


class TestIssueServiceToken:
    def test_prints_the_secret_alone_and_once(self):
        stdout, stderr = run("gateway-1", "--scopes", "holds,usage, keys:read")

        secret = stdout.removesuffix("\n")
        token = service_tokens.find_live(secret=secret, now=timezone.now())
        assert token is not None
        assert set(token.scopes) == {"holds", "usage", "keys:read"}
        assert "gateway-1" in stderr
        assert secret not in stderr

    def test_lets_a_token_expire(self):
        run("gateway-1", "--scopes", "holds", "--expires-in-days", "30")

        token = ServiceToken.objects.get()
        assert token.expires_at is not None
        assert (token.expires_at - token.created_at).days == 30

    @pytest.mark.parametrize(
        "arguments",
        [
            ("gateway-1", "--scopes", "everything"),
            ("gateway-1", "--scopes", ""),
            ("gateway-1",),
            ("Gateway 1", "--scopes", "holds"),
            ("gateway-1", "--scopes", "holds", "--expires-in-days", "0"),
        ],
    )
    def test_says_what_is_wrong(self, arguments):
        with pytest.raises(CommandError):
            run(*arguments)

        assert not ServiceToken.objects.exists()
