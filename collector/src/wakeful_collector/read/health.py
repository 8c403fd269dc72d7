"""How the store is: sizes, soundness, room, and a forecast of the disk it will take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.store import soundness

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings

NEARLY_FULL_BYTES = 64 * 1024 * 1024


class Forecast(NamedTuple):
    """Bytes: taken now, added a day by the samples, taken once every tier's retention is filled, free on the disk."""

    bytes_now: int
    bytes_per_day: float
    bytes_expected: float
    free_bytes: int

    @property
    def fits(self) -> bool:
        """Whether the disk has room for the whole retention."""
        return self.bytes_expected - self.bytes_now < self.free_bytes


def sizes(data: Path) -> dict[str, int]:
    """Return the bytes of every database file, by its name."""
    return soundness.sizes(data)


def integrity(data: Path) -> list[str]:
    """Read both databases through and return what is wrong with them; slow on large ones."""
    return soundness.integrity(data)


def writable(data: Path) -> str | None:
    """Return why the store cannot be written, or soon cannot, as a sentence; None when all is well."""
    reason = soundness.writable(data)
    if reason is None and _free(data) < NEARLY_FULL_BYTES:
        return f"the disk of {data} is nearly full: {_free(data) // 1024 // 1024} MiB are free"
    return reason


def forecast(data: Path, settings: Settings, now_ms: int) -> Forecast:
    """Return what the history takes and will take with these settings, if the fleet stays as it is."""
    days = {
        0: settings.retention_raw_days,
        60: settings.retention_1m_days,
        600: settings.retention_10m_days,
        3600: settings.retention_1h_days,
    }
    daily = soundness.bytes_a_day(data, now_ms)
    taken = sum(soundness.sizes(data).values())
    expected = sum(size * days.get(tier, 0) for tier, size in daily.items())
    return Forecast(taken, sum(daily.values()), max(float(taken), expected), _free(data))


def _free(data: Path) -> int:
    stat = os.statvfs(data)
    return stat.f_bavail * stat.f_frsize
