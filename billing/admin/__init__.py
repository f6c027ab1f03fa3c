"""Plain admin pages of money, and the actions on keys and customers that need the wallet's lock."""

from billing.admin import customers, keys, wallets

__all__ = ["customers", "keys", "wallets"]
