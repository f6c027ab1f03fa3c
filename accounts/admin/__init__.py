"""Plain admin pages of people, customers, keys and gateways."""

from accounts.admin import credentials, customers, users

__all__ = ["credentials", "customers", "users"]
