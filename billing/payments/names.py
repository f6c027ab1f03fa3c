"""The words that providers, top-ups and their pages share."""

from django.db import models


class ProviderName(models.TextChoices):
    STRIPE = "stripe", "Stripe"
    ALIPAY = "alipay", "Alipay"


class Method(models.TextChoices):
    """How a customer pays: on Stripe's page, with a saved card, or in one of Alipay's ways."""

    CHECKOUT = "checkout", "card or another method on Stripe's page"
    SAVED_CARD = "saved_card", "saved card"
    PAGE = "page", "Alipay in a browser"
    WAP = "wap", "Alipay on a phone"
    QR = "qr", "Alipay by QR code"
