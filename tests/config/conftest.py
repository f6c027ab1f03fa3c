"""What tests of the house share."""

from tests.config.request_lines import lines  # noqa: F401
