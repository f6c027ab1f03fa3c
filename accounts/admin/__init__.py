"""Plain admin pages of people, customers, keys, gateways, and what operators did."""

from accounts.admin import credentials, customers, operator_actions, users

__all__ = ["credentials", "customers", "operator_actions", "users"]
