"""Reconciliation of usage: what gateways and books do not agree on, kept until somebody answers for it."""
