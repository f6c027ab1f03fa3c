"""Models and prices as the hot paths look them up: one snapshot per process, replaced as a whole.

A snapshot serves 30 seconds. Its prices are never stale, because a version takes effect at least five minutes
after it was written: what a snapshot cannot know yet is not in force yet. A look-up that finds nothing reads
again, at most once a second, so that a new model is sold at once.
"""

import threading
import time
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from catalog.errors import UnknownModel, UnknownPriceVersion
from catalog.models import LanguageModel, PriceVersion, Rate
from catalog.rating import METERS, PriceSheet

SNAPSHOT_SECONDS = 30.0
MISS_SECONDS = 1.0
# Moments further ahead than this need a newer snapshot. The notice of five minutes less a minute in which
# a version may be written but not yet committed, or dated by a clock that differs from ours.
_KNOWN_AHEAD = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    id: int
    slug: str
    context_tokens: int
    max_output_tokens: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class _Snapshot:
    read_at: datetime
    read_at_monotonic: float
    models_by_slug: dict[str, ModelEntry]
    models_by_id: dict[int, ModelEntry]
    sheets_by_id: dict[int, PriceSheet]
    # Each model's sheets by rising effective_at.
    sheets_by_model: dict[int, list[PriceSheet]]


_lock = threading.Lock()
_snapshot: _Snapshot | None = None


def find_model(slug: str) -> ModelEntry | None:
    """Return the model with this id, active or not."""
    found = _read_within(SNAPSHOT_SECONDS).models_by_slug.get(slug)
    return found or _read_within(MISS_SECONDS).models_by_slug.get(slug)


def model_slug(model_id: int) -> str:
    """Return the slug of a model that one of our rows names; raises UnknownModel."""
    found = _read_within(SNAPSHOT_SECONDS).models_by_id.get(model_id)
    found = found or _read_within(0).models_by_id.get(model_id)
    if found is None:
        raise UnknownModel(f"no model with id {model_id}")
    return found.slug


def in_force(model_id: int, at: datetime) -> PriceSheet | None:
    """Return the price sheet of a model at a moment, None where it had no price yet."""
    snapshot = _read_within(SNAPSHOT_SECONDS)
    if at > snapshot.read_at + _KNOWN_AHEAD:
        snapshot = _read_within(MISS_SECONDS)
    return _sheet_at(snapshot, model_id, at) or _sheet_at(_read_within(MISS_SECONDS), model_id, at)


def sheet(version_id: int) -> PriceSheet:
    """Return the price sheet that one of our rows pinned; raises UnknownPriceVersion."""
    # A pinned version of any age stays right, so this asks for no fresh snapshot.
    snapshot = _snapshot
    found = snapshot.sheets_by_id.get(version_id) if snapshot else None
    found = found or _read_within(0).sheets_by_id.get(version_id)
    if found is None:
        raise UnknownPriceVersion(f"no price version with id {version_id}")
    return found


def forget() -> None:
    """Drop the snapshot: after a sync, and between tests."""
    global _snapshot  # noqa: PLW0603
    with _lock:
        _snapshot = None


def _sheet_at(snapshot: _Snapshot, model_id: int, at: datetime) -> PriceSheet | None:
    sheets = snapshot.sheets_by_model.get(model_id, [])
    position = bisect_right(sheets, at, key=lambda known: known.effective_at)
    return sheets[position - 1] if position else None


def _read_within(seconds: float) -> _Snapshot:
    """Return a snapshot that is at most this old; one thread reads, the others wait for it."""
    global _snapshot  # noqa: PLW0603
    asked_at = time.monotonic()
    snapshot = _snapshot
    if snapshot is not None and snapshot.read_at_monotonic >= asked_at - seconds:
        return snapshot
    with _lock:
        if _snapshot is None or _snapshot.read_at_monotonic < asked_at - seconds:
            _snapshot = _read(known=_snapshot.sheets_by_id if _snapshot else {})
        return _snapshot


def _read(*, known: dict[int, PriceSheet]) -> _Snapshot:
    # Taken before the queries, so that the snapshot counts as older than it is, never as newer.
    read_at, read_at_monotonic = datetime.now(UTC), time.monotonic()
    models = [
        ModelEntry(*row)
        for row in LanguageModel.objects.values_list(
            "id", "slug", "context_tokens", "max_output_tokens", "is_active"
        )
    ]
    models_by_id = {model.id: model for model in models}
    sheets = _read_sheets(known, models_by_id)
    by_model: dict[int, list[PriceSheet]] = defaultdict(list)
    for found in sorted(sheets, key=lambda each: each.effective_at):
        by_model[found.model_id].append(found)
    return _Snapshot(
        read_at=read_at,
        read_at_monotonic=read_at_monotonic,
        models_by_slug={model.slug: model for model in models},
        models_by_id=models_by_id,
        sheets_by_id={found.version_id: found for found in sheets},
        sheets_by_model=dict(by_model),
    )


def _read_sheets(known: dict[int, PriceSheet], models: dict[int, ModelEntry]) -> list[PriceSheet]:
    """List every version's sheet; only those not known yet cost reading their rates."""
    versions = PriceVersion.objects.filter(model_id__in=models).values_list("id", "model_id", "effective_at")
    listed = list(versions)
    picos: dict[int, dict[str, int]] = defaultdict(dict)
    rates = Rate.objects.filter(price_version_id__in=[row[0] for row in listed if row[0] not in known])
    for version_id, meter, price in rates.values_list("price_version_id", "meter", "price_picos"):
        picos[version_id][meter] = price
    return [
        known.get(version_id)
        or PriceSheet(
            version_id=version_id,
            model_id=model_id,
            model=models[model_id].slug,
            effective_at=effective_at,
            picos=tuple(picos[version_id].get(meter) for meter in METERS),
        )
        for version_id, model_id, effective_at in listed
    ]
