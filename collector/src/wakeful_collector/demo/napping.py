"""When the machine with the graphics cards was awake: a few hours a day, when somebody asked its models. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.demo import rhythm

if TYPE_CHECKING:
    from wakeful_collector.demo.rhythm import Floats

DAY = 86_400.0
NAPS = "naps"
"""The fate of the machine that sleeps whenever nobody needs it."""

SLEPT_MINUTES = 41.0
"""Since when it sleeps at the end of the story."""

LAST_MINUTES = 77.0
IDLE_SECONDS = 300.0
BOOT_SECONDS = 68.0
"""How long a machine of this kind takes from the packet to the first answer; each waking a bit more or less."""

_HOURS = (8.7, 13.2, 19.6)
_LENGTHS = (2.6, 3.1, 1.4)


class Session(NamedTuple):
    """One time it was up, in seconds since the epoch: called, answering, gone again."""

    called: float
    up: float
    gone: float


def sessions(from_seconds: float, end_seconds: float, salt: int) -> list[Session]:
    """Return when it was up between two times, oldest first; the last time ended a while before the end."""
    last = _session(end_seconds - (SLEPT_MINUTES + LAST_MINUTES) * 60.0, end_seconds - SLEPT_MINUTES * 60.0, salt)
    found = []
    for day in range(int(from_seconds // DAY), int(end_seconds // DAY) + 1):
        begins = day * DAY
        weekend = bool(rhythm.is_weekend(np.array([begins]))[0])
        for number, (hour, length) in enumerate(zip(_HOURS, _LENGTHS, strict=True)):
            early, long = rhythm.chance(np.array([day * 8 + number, day * 8 + number + 4]), salt)
            if weekend and number < 2:
                continue
            start = begins + (hour + early) * 3_600.0
            found.append(_session(start, start + length * (0.5 + long) * 3_600.0, salt + number))
    kept = [one for one in found if one.called >= from_seconds and one.gone < last.called - 600.0]
    return [*kept, last]


def awake(seconds: Floats, end_seconds: float, salt: int) -> Floats:
    """Return those of the times at which it was up."""
    if not len(seconds):
        return seconds
    up = np.zeros(len(seconds), dtype=bool)
    for one in sessions(float(seconds[0]) - DAY, end_seconds, salt):
        up |= (seconds >= one.up - 20.0) & (seconds < one.gone)
    return seconds[up]


def _session(called: float, gone: float, salt: int) -> Session:
    late = float(rhythm.chance(np.array([int(called)]), salt)[0])
    return Session(called, called + BOOT_SECONDS + 24.0 * late, gone)
