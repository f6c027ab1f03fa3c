"""Alipay's stand-in, as a client of others and a person at its pages see it."""
