"""The OpenAPI document that the service hands out, and the WSGI application behind it, for schemathesis.

What the document says is tried on `config.wsgi`, which granian serves, with everything that stands before
Django.
"""

import copy
import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from config.wsgi import application
from tests.gateways import Gateway

ADDRESS = "/internal/v1/schema"
# The same examples in every run; other counts are other examples.
bounded = settings(
    max_examples=int(os.environ.get("EXAMPLES", "30")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
_CHECKS = {
    # Too many events are too large.
    "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 405, 409, 413, 415, 422]},
    # What fits the document may still be refused: credit, clocks and catalogue are not in it.
    "positive_data_acceptance": {"enabled": False},
}


def document() -> Any:
    config = SchemathesisConfig.from_dict({"checks": _CHECKS})
    return schemathesis.openapi.from_wsgi(ADDRESS, application, config=config)


def narrowed(said: dict[str, dict[str, Any]]) -> Any:
    """The same service with a document that says more of what goes in: `said` by the field's name."""
    served = copy.deepcopy(document().raw_schema)
    for methods in served["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = said.get(parameter["name"], parameter["schema"])
            for body in operation.get("requestBody", {}).get("content", {}).values():
                body["schema"] = _narrowed(body["schema"], said)
    judged_elsewhere = {"negative_data_rejection": {"enabled": False}}
    config = SchemathesisConfig.from_dict({"checks": _CHECKS | judged_elsewhere})
    narrow = schemathesis.openapi.from_dict(served, config=config)
    narrow.app = application
    return narrow


def _narrowed(schema: dict[str, Any], said: dict[str, dict[str, Any]]) -> dict[str, Any]:
    narrow = dict(schema)
    if "items" in narrow:
        narrow["items"] = _narrowed(narrow["items"], said)
    if "properties" in narrow:
        properties = narrow["properties"].items()
        narrow["properties"] = {name: said.get(name) or _narrowed(each, said) for name, each in properties}
    return narrow


def headers(gateway: Gateway) -> dict[str, str]:
    return {"Authorization": f"Bearer {gateway.secret}"}
