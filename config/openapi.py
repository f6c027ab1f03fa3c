"""What the OpenAPI document says of endpoints in apps that do not know how refusals look."""

from typing import Any, Final

# Described in full; every endpoint for gateways can answer with these problems.
MODEL: Final = "/internal/v1/keys/{key_digest}"
EVERYWHERE: Final = ("401", "403", "422", "503")


def document_problems(result: dict[str, Any], **_of_generator: Any) -> dict[str, Any]:
    """Add the problems that every endpoint can answer with where its own app leaves them out."""
    described = result["paths"][MODEL]["get"]["responses"]
    for methods in result["paths"].values():
        for operation in methods.values():
            for status in EVERYWHERE:
                operation["responses"].setdefault(status, described[status])
    return result
