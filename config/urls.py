"""All addresses of the service; `/internal/` is for gateways and is never routed publicly."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from accounts.api import schema as _schema_of_service_tokens  # noqa: F401 - drf-spectacular finds it by import.
from config import health, scrape

# The answer to OPTIONS would need a template that drf-spectacular does not have.
READING = ["get", "head"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", scrape.metrics),
    path("admin/", admin.site.urls),
    path("dashboard/", include("dashboard.urls")),
    path("webhooks/", include("billing.webhooks.urls")),
    path("api/", include("config.public_urls")),
    path("internal/v1/schema", SpectacularAPIView.as_view(http_method_names=READING), name="schema"),
    path("internal/v1/docs", SpectacularSwaggerView.as_view(url_name="schema", http_method_names=READING)),
    path("internal/v1/redoc", SpectacularRedocView.as_view(url_name="schema", http_method_names=READING)),
    path("internal/", include("config.internal_urls")),
]
