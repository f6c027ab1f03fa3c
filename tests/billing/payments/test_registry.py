"""Which providers an installation has."""

import pytest
from pytest_django.fixtures import Settings

from billing import checks
from billing.payments import registry
from billing.payments.errors import Unavailable
from billing.payments.names import ProviderName


@pytest.fixture(autouse=True)
def no_keys(settings: Settings) -> None:
    for name in (
        *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_ACCOUNT_ID", "STRIPE_API_BASE"),
        *("ALIPAY_APP_ID", "ALIPAY_SELLER_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"),
    ):
        setattr(settings, name, "")


def offer_stripe(settings: Settings, **changes: str) -> None:
    given = {"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"} | changes
    for name, value in given.items():
        setattr(settings, name, value)


def warnings() -> list[str]:
    return [str(warning.msg) for warning in checks.check_providers(None)]


class TestGet:
    @pytest.mark.parametrize("name", [*ProviderName, "paypal", ""])
    def test_has_none_without_keys(self, name: str):
        with pytest.raises(Unavailable):
            registry.get(name)
        assert registry.available() == ()

    def test_has_those_with_keys(self, settings: Settings):
        offer_stripe(settings)

        assert registry.get("stripe").name == ProviderName.STRIPE
        assert registry.available() == (registry.get(ProviderName.STRIPE),)

    @pytest.mark.parametrize(
        ("key", "secret"), [("sk_test_1", ""), ("", "whsec_1"), ("sk_test_1", " "), ("sk_test_1", " , ")]
    )
    def test_offers_nothing_by_halves(self, settings: Settings, key: str, secret: str):
        offer_stripe(settings, STRIPE_SECRET_KEY=key, STRIPE_WEBHOOK_SECRET=secret)

        with pytest.raises(Unavailable):
            registry.get("stripe")

    def test_follows_changed_settings(self, settings: Settings):
        offer_stripe(settings)
        first = registry.get("stripe")
        settings.STRIPE_ACCOUNT_ID = "acct_1"

        assert registry.get("stripe") is not first
        assert registry.get("stripe").account == "acct_1"

    @pytest.mark.parametrize(
        ("key", "live"), [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False), ("sk_1", False)]
    )
    def test_knows_the_mode_by_the_key(self, settings: Settings, key: str, live: bool):
        offer_stripe(settings, STRIPE_SECRET_KEY=key)

        assert registry.get("stripe").livemode is live

    def test_keeps_a_provider_where_the_others_key_is_none(self, settings: Settings):
        offer_stripe(settings)
        settings.ALIPAY_APP_ID, settings.ALIPAY_SELLER_ID = "2021", "2088"
        settings.ALIPAY_PRIVATE_KEY = settings.ALIPAY_PUBLIC_KEY = "no key"

        assert [provider.name for provider in registry.available()] == [ProviderName.STRIPE]


class TestCheckProviders:
    def test_says_nothing_where_all_or_none_is_given(self, settings: Settings):
        assert warnings() == []

        offer_stripe(settings)
        assert warnings() == []

    def test_warns_of_what_is_missing(self, settings: Settings):
        offer_stripe(settings, STRIPE_WEBHOOK_SECRET=" , ")
        settings.ALIPAY_APP_ID = "2021"

        assert warnings() == [
            "Stripe is switched off: STRIPE_WEBHOOK_SECRET is empty.",
            "Alipay is switched off: ALIPAY_SELLER_ID, ALIPAY_PRIVATE_KEY, ALIPAY_PUBLIC_KEY is empty.",
        ]
