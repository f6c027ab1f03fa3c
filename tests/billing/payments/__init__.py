"""Tests of `billing.payments`."""
