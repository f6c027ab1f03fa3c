from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import key_format
from accounts.models import Customer
from billing.services import key_states

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    stdout, stderr = StringIO(), StringIO()
    call_command("sign_up", *arguments, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


class TestSignUp:
    def test_prints_the_first_key_alone_and_once(self):
        stdout, stderr = run("Dora@example.com", "--name", "Dora")

        secret = stdout.removesuffix("\n")
        state = key_states.get(key_format.digest_of(secret), now=timezone.now())
        assert state.state == "cut_off"
        assert "dora@example.com owns Dora" in stderr
        assert secret not in stderr

    def test_signs_an_address_up_once(self):
        run("dora@example.com", "--name", "Dora")

        with pytest.raises(CommandError, match="exists"):
            run("dora@example.com", "--name", "Dora again")

        assert Customer.objects.count() == 1
