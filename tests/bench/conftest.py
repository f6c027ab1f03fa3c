"""What the bench writes in bulk has to pass the audit, or its numbers are worth nothing."""

from tests.audit_fixture import audited, unaudited  # noqa: F401
