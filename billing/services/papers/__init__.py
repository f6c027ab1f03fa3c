"""Receipts: numbered without gaps after the money, and drawn whenever somebody asks for them."""
