"""What load balancers read."""

import pytest
from django.conf import settings

from billing import valkey


class TestHealthz:
    def test_answers_without_a_database(self, client):
        assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
class TestReadyz:
    def test_is_ready_with_everything_applied(self, client):
        response = client.get("/readyz")

        assert response.json() == {"ready": True, "failures": [], "degraded": []}
        assert response.status_code == 200

    def test_names_a_migration_that_is_not_applied(self, client, owner_connection):
        rename = "update django_migrations set name = %s where app = 'sessions'"
        owner_connection.execute(rename, ["0001_elsewhere"])
        try:
            response = client.get("/readyz")
        finally:
            owner_connection.execute(rename, ["0001_initial"])

        assert response.status_code == 503
        assert response.json()["failures"] == ["migration not applied: sessions.0001_initial"]

    def test_stays_ready_but_degraded_without_valkey(self, client, monkeypatch):
        valkey.client.cache_clear()
        monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
        try:
            response = client.get("/readyz")
        finally:
            valkey.client.cache_clear()

        assert response.status_code == 200
        assert response.json()["degraded"] == ["valkey does not answer"]

    def test_refuses_other_methods(self, client):
        assert client.post("/readyz").status_code == 405
