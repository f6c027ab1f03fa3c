"""A stand-in for Alipay's gateway, its cashier pages and its notifications."""
