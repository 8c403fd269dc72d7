"""What the collector may tune on an agent: checked as a whole, refused as a whole."""

from __future__ import annotations

import hashlib
import json

from wakeful_wire import check, limits
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MeterTuning(NamedTuple):
    """What may be set for one meter; None leaves the agent's own value."""

    enabled: bool | None
    interval_seconds: float | None
    options: dict[str, Any]


class Tuning(NamedTuple):
    """What the collector asks of an agent; None leaves the agent's own value."""

    enabled: bool
    interval_seconds: float | None
    request_timeout_seconds: float | None
    meters: dict[str, MeterTuning]


NO_TUNING = Tuning(True, None, None, {})


def parse_tuning(value: Any) -> Tuning:
    """Read `{"enabled", "interval", "request": {"timeout"}, "meters": {NAME: {"enabled", "interval", "options"}}}`.

    Raises WireError naming the first wrong field; fields it does not know are ignored.
    """
    body = check.mapping(value, "config", 64)
    request = check.mapping(body.get("request", {}), "config.request", 16)
    meters = {
        name: _meter(item, f"config.meters.{name}")
        for name, item in check.mapping(body.get("meters", {}), "config.meters", limits.METERS_MAX).items()
    }
    return Tuning(
        enabled=check.flag(body.get("enabled", True), "config.enabled"),
        interval_seconds=_seconds(body.get("interval"), "config.interval", limits.INTERVAL_SECONDS_MAX),
        request_timeout_seconds=_seconds(request.get("timeout"), "config.request.timeout", 120),
        meters=meters,
    )


def tuning_hash(document: dict[str, Any]) -> str:
    """Return the 16 hex digits that stand for this configuration; an agent names the one in force in its hello."""
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _meter(item: Any, where: str) -> MeterTuning:
    body = check.mapping(item, where, 16)
    enabled = body.get("enabled")
    options = check.mapping(body.get("options", {}), f"{where}.options", 64)
    check.depth(options, f"{where}.options", 4)
    return MeterTuning(
        enabled=None if enabled is None else check.flag(enabled, f"{where}.enabled"),
        interval_seconds=_seconds(body.get("interval"), f"{where}.interval", 86_400),
        options=options,
    )


def _seconds(value: Any, where: str, most: float) -> float | None:
    if value is None:
        return None
    seconds = check.number(value, where)
    if not limits.INTERVAL_SECONDS_MIN <= seconds <= most:
        raise check.refuse(where, f"must be from {limits.INTERVAL_SECONDS_MIN} to {most:.0f} seconds", "out_of_range")
    return seconds
