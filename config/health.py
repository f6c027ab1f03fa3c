"""Liveness and readiness for load balancers and operators."""

from datetime import datetime, timedelta
from functools import cache

import redis
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing import valkey
from billing.services import partitions

PARTITIONS_AHEAD = timedelta(days=14)


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that this process serves requests; looks at nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when money work is possible.

    Without Valkey it is: holds are placed and usage is taken in; settlement goes on once Valkey is back.
    """
    failures = _failures_of_database(now=timezone.now())
    body = {"ready": not failures, "failures": failures, "degraded": _degradations()}
    return JsonResponse(body, status=503 if failures else 200)


def _failures_of_database(*, now: datetime) -> list[str]:
    try:
        missing = sorted(_shipped_migrations() - set(MigrationRecorder(connection).applied_migrations()))
        if missing:
            return [f"migration not applied: {app}.{name}" for app, name in missing]
        covered_until = partitions.covered_until()
    except DatabaseError:
        return ["database does not answer"]
    if covered_until is None or covered_until < now + PARTITIONS_AHEAD:
        return [f"partitions end too soon: {covered_until}"]
    return []


@cache
def _shipped_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


def _degradations() -> list[str]:
    try:
        valkey.client().ping()
    except redis.RedisError:
        return ["valkey does not answer"]
    return []
