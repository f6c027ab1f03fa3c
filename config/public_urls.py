"""Everything below /api/: the customers' API and its description; what is unknown there is a problem too."""

from typing import Any, Final

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from billing.api.internal import unknown_path

READING: Final = ["get", "head"]
# What differs from the gateways' document.
DOCUMENT: Final[dict[str, Any]] = {
    "TITLE": "API Models",
    "DESCRIPTION": "Customers' API: credit, top-ups, statements.",
    "PREPROCESSING_HOOKS": ["config.openapi.only_customers"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"],
}

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "v1/schema",
        SpectacularAPIView.as_view(http_method_names=READING, custom_settings=DOCUMENT),
        name="customers-schema",
    ),
    path(
        "v1/docs",
        SpectacularSwaggerView.as_view(url_name="customers-schema", http_method_names=READING),
    ),
    path(
        "v1/redoc",
        SpectacularRedocView.as_view(url_name="customers-schema", http_method_names=READING),
    ),
    path("v1/", include("billing.api.public_urls")),
    path("v1/", include("usage.api.public_urls")),
    re_path("", unknown_path),
]
