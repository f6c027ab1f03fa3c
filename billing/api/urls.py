"""Addresses below /internal/v1/ that belong to holds and keys."""

from django.urls import path

from billing.api import holds, keys

urlpatterns = [
    path("holds", holds.PlaceView.as_view()),
    path("holds/<str:request_id>/extend", holds.ExtendView.as_view()),
    path("holds/<str:request_id>/release", holds.ReleaseView.as_view()),
    path("keys/<str:key_digest>", keys.KeyView.as_view()),
    path("key-events", keys.KeyEventsView.as_view()),
]
