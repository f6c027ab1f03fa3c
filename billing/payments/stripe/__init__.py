"""Stripe as a payment provider, on its official SDK."""
