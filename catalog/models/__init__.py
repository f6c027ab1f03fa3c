"""What is sold, and the dated price sets it is sold at."""

from catalog.models.language_models import LanguageModel, Provider
from catalog.models.price_versions import PriceVersion, Rate

__all__ = ["LanguageModel", "PriceVersion", "Provider", "Rate"]
