"""The models of a machine as it was last seen: what it has, and what it holds in memory. Hostile text, bounded."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from wakeful_collector.store.gateway_answers import Answer

MODELS_MAX = 500
_CHARACTERS_MAX = 200
_EVER_YEAR = 2200
"""A model that is kept for ever is said to expire in the year 2319."""


class Model(NamedTuple):
    """A model that the machine has; `talks` is whether it can be chatted with, as far as the machine says."""

    name: str
    size_bytes: int | None
    parameters: str
    quantization: str
    talks: bool


class Loaded(NamedTuple):
    """A model in memory; `until_ms` is when it leaves, None where it stays for ever or nobody said."""

    name: str
    size_bytes: int | None
    card_bytes: int | None
    context: int | None
    until_ms: int | None


class Models(NamedTuple):
    """What the machine has and holds, and when each was seen; a time is None when nobody saw it yet."""

    has: tuple[Model, ...]
    has_ms: int | None
    loaded: tuple[Loaded, ...]
    loaded_ms: int | None


def models(tags: Answer | None, running: Answer | None) -> Models:
    """Return what the last answers to `/api/tags` and `/api/ps` say; what does not fit their shape is left out."""
    has = sorted((_model(row) for row in _rows(tags)), key=lambda model: model.name.casefold())
    loaded = tuple(_loaded(row) for row in _rows(running))
    return Models(tuple(has), None if tags is None else tags.at_ms, loaded, None if running is None else running.at_ms)


def _rows(answer: Answer | None) -> list[dict[str, Any]]:
    if answer is None:
        return []
    try:
        document = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):
        return []
    listed = document.get("models") if isinstance(document, dict) else None
    rows = listed if isinstance(listed, list) else []
    return [row for row in rows if isinstance(row, dict) and _text(row.get("name"))][:MODELS_MAX]


def _model(row: dict[str, Any]) -> Model:
    details = row.get("details")
    details = details if isinstance(details, dict) else {}
    can = row.get("capabilities")
    return Model(
        _text(row["name"]),
        _number(row.get("size")),
        _text(details.get("parameter_size")),
        _text(details.get("quantization_level")),
        not isinstance(can, list) or not can or "completion" in can,
    )


def _loaded(row: dict[str, Any]) -> Loaded:
    return Loaded(
        _text(row["name"]),
        _number(row.get("size")),
        _number(row.get("size_vram")),
        _number(row.get("context_length")),
        _until_ms(row.get("expires_at")),
    )


def _until_ms(text: Any) -> int | None:
    try:
        at = datetime.fromisoformat(_text(text))
        return None if at.year >= _EVER_YEAR or at.tzinfo is None else round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _text(value: Any) -> str:
    return value[:_CHARACTERS_MAX] if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None
