"""Curves over time, each a pure function of time and a salt: the past and the live values join without a seam.

Times are arrays of seconds since the epoch (UTC); curves are arrays of the same shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAY_SECONDS = 86_400.0
_WEEKDAY_OF_EPOCH = 3  # 1 January 1970 was a Thursday


def chance(slots: NDArray[np.int64], salt: int) -> Floats:
    """Return for each whole number one that looks random, from 0 to 1 (splitmix64)."""
    mixed = slots.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def jitter(seconds: Floats, salt: int) -> Floats:
    """Return noise from -1 to 1 that is new at every second."""
    return chance(seconds.astype(np.int64), salt) * 2.0 - 1.0


def drift(seconds: Floats, period_seconds: float, salt: int) -> Floats:
    """Return a smooth wander from 0 to 1 that changes its mind about every `period_seconds`."""
    position = seconds / period_seconds
    slot = np.floor(position)
    part = position - slot
    part = part * part * (3.0 - 2.0 * part)
    whole = slot.astype(np.int64)
    return chance(whole, salt) * (1.0 - part) + chance(whole + 1, salt) * part


def bursts(seconds: Floats, slot_seconds: float, share: float, salt: int) -> Floats:
    """Return 1 during the `share` of slots that are busy, else 0, with soft edges."""
    return np.clip((drift(seconds, slot_seconds, salt) - (1.0 - share)) * 6.0, 0.0, 1.0)


def hour_of_day(seconds: Floats) -> Floats:
    """Return the hour of the day, with its fraction."""
    return (seconds % DAY_SECONDS) / 3_600.0


def hill(hours: Floats, peak_hour: float, width_hours: float) -> Floats:
    """Return a bell from 0 to 1 around an hour of the day."""
    away = np.abs(hours - peak_hour)
    away = np.minimum(away, 24.0 - away)
    return np.exp(-((away / width_hours) ** 2))


def is_weekend(seconds: Floats) -> Floats:
    """Return 1 on Saturdays and Sundays, else 0."""
    weekday = (np.floor(seconds / DAY_SECONDS).astype(np.int64) + _WEEKDAY_OF_EPOCH) % 7
    return (weekday >= 5).astype(np.float64)


def activity(kind: str, seconds: Floats) -> Floats:
    """Return how busy people and timers keep a machine, 0 to 1: `office`, `evening`, `night` or `flat`."""
    hours = hour_of_day(seconds)
    weekend = is_weekend(seconds)
    if kind == "office":
        return (0.12 + 0.88 * np.maximum(hill(hours, 10.5, 2.6), hill(hours, 15.0, 2.8))) * (1.0 - 0.65 * weekend)
    if kind == "evening":
        return (0.10 + 0.90 * hill(hours, 20.0, 3.4)) * (1.0 + 0.35 * weekend) / 1.35
    if kind == "night":
        return 0.06 + 0.94 * hill(hours, 2.5, 1.1)
    return np.full_like(seconds, 0.55)
