"""Wires the apps together: settings, urls, Celery, health and the local stack."""
