"""Sends a recorded trace through the service as a gateway would, and reads from it what became of it."""
