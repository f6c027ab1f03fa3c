"""The admin pages of the catalogue: everything is shown, nothing can be changed."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from catalog.models import LanguageModel, PriceVersion, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    call_command("sync_catalog", stdout=StringIO())
    client.force_login(User.objects.create_superuser(email="operator@example.com", password=None))
    return client


class TestAdmin:
    @pytest.mark.parametrize("model", [Provider, LanguageModel, PriceVersion])
    def test_shows_every_page_and_changes_none(
        self, operator: Client, model: type[Provider | LanguageModel | PriceVersion]
    ):
        listing = f"/admin/catalog/{model.__name__.lower()}/"
        row = model.objects.order_by("pk")[0]
        assert operator.get(listing).status_code == 200
        assert operator.get(f"{listing}{row.pk}/change/").status_code == 200
        for page in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
            assert operator.post(f"{listing}{page}", {}).status_code == 403

    def test_shows_prices_per_million(self, operator: Client):
        version = PriceVersion.objects.get(model__slug="claude-sonnet-4-6")
        page = operator.get(f"/admin/catalog/priceversion/{version.pk}/change/").content.decode()
        assert "1.32375" in page
        assert "3.75" in page
