"""Where mails go, from one address in the environment."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

_BACKENDS: Final = "django.core.mail.backends"
# Scheme to the port that it stands for.
_PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """What Django's `EMAIL_*` settings are made of."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False


def read(url: str, *, otherwise: str | None) -> MailServer:
    """Read `smtp+tls://USER:PASSWORD@HOST:PORT`; without it, files in `otherwise`, or stdout."""
    if not url:
        return MailServer(f"{_BACKENDS}.{'filebased' if otherwise else 'console'}.EmailBackend")

    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        # The address itself may hold a password, which belongs into no log.
        raise ValueError(f"EMAIL_URL must be {', '.join(_PORTS)} with :// and a host")
    return MailServer(
        backend=f"{_BACKENDS}.smtp.EmailBackend",
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=parts.scheme == "smtp+tls",
        use_ssl=parts.scheme == "smtp+ssl",
    )
