"""Rows of the app that knows who."""

from accounts.models.api_keys import ApiKey, LimitPeriod
from accounts.models.credentials import CredentialState
from accounts.models.customers import Customer, Membership
from accounts.models.gateways import Gateway, ServiceToken
from accounts.models.operator_actions import Action, OperatorAction
from accounts.models.users import User

__all__ = [
    "Action",
    "ApiKey",
    "CredentialState",
    "Customer",
    "Gateway",
    "LimitPeriod",
    "Membership",
    "OperatorAction",
    "ServiceToken",
    "User",
]
