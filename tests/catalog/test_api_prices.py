"""GET /internal/v1/prices: what gateways see of the catalogue."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.services import service_tokens
from catalog.models import LanguageModel
from catalog.services import price_versions
from tests.catalog.cast import EARLIER, price_set, sonnet

pytestmark = pytest.mark.django_db

URL = "/internal/v1/prices"


def token(*scopes: str) -> dict[str, str]:
    issued = service_tokens.issue(gateway="our-gateway", scopes=scopes, now=timezone.now())
    return {"Authorization": f"Bearer {issued.secret}"}


def listed(client: Client) -> list[Any]:
    response = client.get(URL, headers=token("keys:read"))
    assert response.status_code == 200
    models = response.json()["models"]
    assert isinstance(models, list)
    return models


class TestPrices:
    def test_lists_sonnet_with_its_official_price_and_saving(self, client: Client):
        call_command("sync_catalog", stdout=StringIO())
        models = {model["model"]: model for model in listed(client)}
        assert len(models) >= 12
        entry = models["claude-sonnet-4-6"]
        assert entry["price"]["meters"] == {
            "input": {"price": "1.059", "official_price": "3", "saving_percent": "64.7"},
            "output": {"price": "5.295", "official_price": "15", "saving_percent": "64.7"},
            "cache_read": {"price": "0.1059", "official_price": "0.3", "saving_percent": "64.7"},
            "cache_write_5m": {"price": "1.32375", "official_price": "3.75", "saving_percent": "64.7"},
            "cache_write_1h": {"price": "2.118", "official_price": "6", "saving_percent": "64.7"},
            "web_search": {"price": "3530", "official_price": "10000", "saving_percent": "64.7"},
        }
        assert (entry["context_tokens"], entry["max_output_tokens"]) == (1_000_000, 128_000)
        assert entry["next_price"] is None

    def test_shows_the_next_price_before_it_takes_effect(self, client: Client):
        model, now = sonnet(), timezone.now()
        price_versions.publish(model_id=model.pk, price_set=price_set(), now=EARLIER)
        for days in (2, 1):
            price_versions.publish(
                model_id=model.pk, price_set=price_set(days), now=now, effective_at=now + timedelta(days=days)
            )
        (entry,) = listed(client)
        assert entry["price"]["meters"]["input"] == {
            "price": "1.059",
            "official_price": None,
            "saving_percent": None,
        }
        assert entry["price"]["effective_at"] == "2026-01-01T00:00:00Z"
        assert entry["next_price"]["meters"]["input"]["price"] == "0.000001"

    def test_shows_a_model_whose_first_price_is_yet_to_come(self, client: Client):
        sonnet()
        (entry,) = listed(client)
        assert (entry["price"], entry["next_price"]) == (None, None)

    def test_hides_a_model_that_is_not_sold(self, client: Client):
        sonnet()
        LanguageModel.objects.update(is_active=False)
        assert listed(client) == []

    def test_costs_no_more_queries_for_more_models(self, client: Client, django_assert_max_num_queries: Any):
        call_command("sync_catalog", stdout=StringIO())
        headers = token("keys:read")
        with django_assert_max_num_queries(8):
            client.get(URL, headers=headers)

    def test_refuses_a_caller_without_token_or_scope(self, client: Client):
        assert client.get(URL).status_code == 401
        response = client.get(URL, headers=token("holds", "usage"))
        assert response.status_code == 403
        assert response.json()["code"] == "missing_scope"

    def test_refuses_a_parameter_that_it_does_not_know(self, client: Client):
        response = client.get(URL, {"model": "gpt-5"}, headers=token("keys:read"))
        assert response.status_code == 422
        assert response.json()["code"] == "invalid"
        assert response.json()["field"] == "model"

    def test_refuses_another_method(self, client: Client):
        assert client.post(URL, headers=token("keys:read")).status_code == 405
