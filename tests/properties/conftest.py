"""The books are audited after every example of this folder."""

from tests.audit_fixture import audited, unaudited  # noqa: F401
