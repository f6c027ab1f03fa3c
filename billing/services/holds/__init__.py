"""Holds: place, extend, and end by settlement, release or expiry."""
