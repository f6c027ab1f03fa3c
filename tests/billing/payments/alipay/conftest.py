"""Alipay's stand-in and our client of it."""

from tests.alipay_servers import alipay, alipay_sandbox, alipay_server, callbacks

__all__ = ["alipay", "alipay_sandbox", "alipay_server", "callbacks"]
