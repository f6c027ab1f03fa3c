"""Customers' pages: sign in, see the credit, add to it."""
