"""Every refusal of the catalogue.

CatalogError
├── UnknownModel          404 unknown_model
├── UnknownPriceVersion   404 unknown_price_version
├── PriceRefused          422 price_refused: a price set that may not be published
│   └── BigMove           422 price_moves_too_far: needs --allow-big-moves
├── BadModelFile          422 bad_model_file: names file, field and reason
└── BadCostMap            422 bad_cost_map
"""

from pathlib import Path


class CatalogError(Exception):
    """Carries the stable `code` and the HTTP status of its problem document."""

    code = "catalog_error"
    http_status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnknownModel(CatalogError):
    code = "unknown_model"
    http_status = 404


class UnknownPriceVersion(CatalogError):
    code = "unknown_price_version"
    http_status = 404


class PriceRefused(CatalogError):
    code = "price_refused"
    http_status = 422


class BigMove(PriceRefused):
    code = "price_moves_too_far"


class BadModelFile(CatalogError):
    code = "bad_model_file"
    http_status = 422

    def __init__(self, path: Path, field: str, reason: str) -> None:
        super().__init__(f"{path}: {field}: {reason}" if field else f"{path}: {reason}")
        self.path = path
        self.field = field


class BadCostMap(CatalogError):
    code = "bad_cost_map"
    http_status = 422
