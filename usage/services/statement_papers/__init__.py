"""Statements to keep: a UTC month as PDF and as CSV, adding up to the nano."""
