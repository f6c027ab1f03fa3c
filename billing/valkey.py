"""The connection to Valkey, which caches key states and queues wake-ups; no money depends on it."""

from functools import cache

import redis
from django.conf import settings

KEY_EVENTS_CHANNEL = "key-events"


@cache
def client() -> redis.Redis:
    """One pooled client for each process; its timeouts keep a dead Valkey from delaying a request."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=1)


def key_state(digest: str) -> str:
    """Where the state of the key with this SHA-256 digest, in hexadecimal, is cached."""
    return f"key:{digest}"
