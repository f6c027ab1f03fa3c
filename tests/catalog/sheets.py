"""Price sheets that the tests of the formula share."""

from datetime import UTC, datetime

from catalog.rating import PriceSheet


def sheet(
    tokens_in: int = 1_059_000,
    out: int = 5_295_000,
    *,
    read: int | None = None,
    write_5m: int | None = None,
    write_1h: int | None = None,
    search: int | None = None,
) -> PriceSheet:
    """Return a sheet with Sonnet 4.6's input and output price unless told otherwise."""
    return PriceSheet(
        version_id=1,
        model_id=1,
        model="claude-sonnet-4-6",
        effective_at=datetime(2026, 1, 1, tzinfo=UTC),
        picos=(tokens_in, out, read, write_5m, write_1h, search),
    )
