"""Idempotency keys: what was answered under one is answered again, and never under other parameters."""

from sandbox.ground.journal import Record
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Invalid, KeyReused

KIND = "idempotency"
LIFETIME_S = 24 * 3600
LONGEST = 255


def find_answer(account: Account, key: str, path: str, parameters: Record) -> Record | None:
    """What was answered before: `{"status": …, "body": …}`; raises KeyReused where the call differs."""
    if len(key) > LONGEST:
        raise Invalid(f"Idempotency keys can be at most {LONGEST} characters long.")
    kept = account.ground.store.find(KIND, key)
    if kept is None or kept["at"] + LIFETIME_S <= account.now():
        return None
    if kept["path"] != path:
        raise KeyReused(
            f"Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{path}' vs '{kept['path']}'). Try using a key other than '{key}' if you meant to execute a "
            f"different request."
        )
    if kept["parameters"] != parameters:
        raise KeyReused(
            f"Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request."
        )
    return kept


def keep_answer(account: Account, key: str, *, path: str, parameters: Record, status: int, body: str) -> None:
    kept = {
        "path": path,
        "parameters": parameters,
        "status": status,
        "body": body,
        "at": account.now(),
    }
    account.ground.store.put(KIND, key, kept)


def in_use(key: str) -> KeyReused:
    """What a second call hears while the first one under its key is still being answered."""
    return KeyReused(
        f"There is currently another in-progress request using this Idempotent Key ({key}). Please try again "
        f"later.",
        code="idempotency_key_in_use",
        status=409,
    )
