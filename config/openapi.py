"""What the OpenAPI document says of every endpoint, whatever its app and its framework know."""

from typing import Any, Final

Endpoints = list[tuple[str, str, str, Any]]

# Described in full; every endpoint for gateways can answer with these problems.
MODEL: Final = "/internal/v1/keys/{key_digest}"
EVERYWHERE: Final = ("401", "403", "422", "503")


def only_gateways(endpoints: Endpoints) -> Endpoints:
    """Leave the customers' endpoints out of the internal API's document."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/internal/")]


def only_customers(endpoints: Endpoints) -> Endpoints:
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def document_problems(result: dict[str, Any], **_of_generator: Any) -> dict[str, Any]:
    """Add the problems that an endpoint does not name itself, and say that to send no body is one too."""
    described = result["paths"][MODEL]["get"]["responses"]
    for methods in result["paths"].values():
        for operation in methods.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            for status in EVERYWHERE:
                operation["responses"].setdefault(status, described[status])
    return result
