"""Everything below /internal/: the gateways' API; what is unknown there is answered as a problem too."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from billing.api.internal import unknown_path

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("billing.api.urls")),
    path("v1/", include("usage.api.urls")),
    path("v1/", include("catalog.api.urls")),
    re_path("", unknown_path),
]
