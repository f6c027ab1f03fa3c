"""The money core in plain Python, written from the documents and not from the code: it imports nothing of it.

Amounts are integer nanos, moments are milliseconds since 1970, customers have names, all else has numbers.
"""
