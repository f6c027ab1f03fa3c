"""Where mails go: a server by its address, else files or the worker's output."""

import pytest

from config import mail_server
from config.mail_server import MailServer

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class TestRead:
    def test_takes_a_server_from_its_address(self):
        found = mail_server.read("smtp+tls://me%40example.com:p%2Fw@smtp.example.com", otherwise=None)

        assert found == MailServer(SMTP, "smtp.example.com", 587, "me@example.com", "p/w", use_tls=True)

    @pytest.mark.parametrize(
        ("url", "port", "ssl"),
        [("smtp://mail", 25, False), ("smtp+ssl://mail", 465, True), ("smtp://mail:2525", 2525, False)],
    )
    def test_knows_the_ports(self, url, port, ssl):
        assert mail_server.read(url, otherwise=None) == MailServer(SMTP, "mail", port, use_ssl=ssl)

    def test_writes_files_or_prints_without_one(self):
        assert "filebased" in mail_server.read("", otherwise="mails").backend
        assert "console" in mail_server.read("", otherwise=None).backend

    @pytest.mark.parametrize("url", ["mail.example.com", "https://me:SECRET@mail", "smtp://", "smtp:mail"])
    def test_refuses_another_address_without_repeating_it(self, url):
        with pytest.raises(ValueError, match="EMAIL_URL must be") as refused:
            mail_server.read(url, otherwise=None)

        assert "SECRET" not in str(refused.value)
