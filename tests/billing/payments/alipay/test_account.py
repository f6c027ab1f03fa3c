"""Alipay is offered where everything is set, and nowhere else."""

import pytest
from pytest_django import Settings

from billing.payments.alipay.account import Account
from billing.payments.alipay.provider import Alipay
from billing.payments.errors import Unavailable
from sandbox.alipay import rsa
from tests.alipay_servers import alipay_key, app_key

NAMES = ("ALIPAY_APP_ID", "ALIPAY_SELLER_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY", "ALIPAY_GATEWAY")


@pytest.fixture(autouse=True)
def set_all(settings: Settings) -> None:
    settings.ALIPAY_APP_ID = "2021000000000009"
    settings.ALIPAY_SELLER_ID = "2088000000000009"
    settings.ALIPAY_PRIVATE_KEY = rsa.private_text(app_key())
    settings.ALIPAY_PUBLIC_KEY = rsa.public_text(alipay_key())
    settings.ALIPAY_GATEWAY = "https://openapi.alipay.com/gateway.do"


class TestFromSettings:
    def test_is_live_at_alipays_own_address_only(self, settings: Settings):
        provider = Alipay.from_settings()
        assert provider
        assert (provider.account, provider.livemode) == ("2021000000000009:2088000000000009", True)

        settings.ALIPAY_GATEWAY = "https://openapi-sandbox.dl.alipaydev.com/gateway.do"
        provider = Alipay.from_settings()
        assert provider
        assert not provider.livemode

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("value", ["", "  ", "\n"])
    def test_is_none_where_anything_is_missing(self, settings: Settings, name: str, value: str):
        setattr(settings, name, value)

        assert Alipay.from_settings() is None

    @pytest.mark.parametrize("name", ["ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"])
    def test_is_unavailable_where_a_key_is_none(self, settings: Settings, name: str):
        setattr(settings, name, "not-a-key")

        with pytest.raises(Unavailable, match=name) as caught:
            Alipay.from_settings()

        assert "not-a-key" not in str(caught.value)

    def test_shows_no_keys(self):
        shown = repr(Account.from_settings())

        assert "key" not in shown.lower()
