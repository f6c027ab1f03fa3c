"""Ids that no two runs share: what a test's database remembers must not come back after a reset."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """`prefix` and `length` random letters and digits: `pi_3Kd…`."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))
