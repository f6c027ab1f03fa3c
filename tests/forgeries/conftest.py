"""Forgeries are sent to the web application as it runs, with the keys of both stand-ins."""

from tests.alipay_servers import alipay_sandbox, alipay_server  # noqa: F401
from tests.audit_fixture import audited  # noqa: F401
from tests.our_web import alipay_connected, stripe_connected, web  # noqa: F401
from tests.sandbox_servers import sandbox_servers, stripe_sandbox  # noqa: F401
