"""Both providers' stand-ins, connected with our own web; the books are audited after each test."""

from tests.alipay_servers import alipay_sandbox, alipay_server
from tests.audit_fixture import audited, unaudited
from tests.our_web import alipay_connected, stripe_connected, web
from tests.sandbox_servers import sandbox_servers, stripe_sandbox

__all__ = [
    "alipay_connected",
    "alipay_sandbox",
    "alipay_server",
    "audited",
    "sandbox_servers",
    "stripe_connected",
    "stripe_sandbox",
    "unaudited",
    "web",
]
