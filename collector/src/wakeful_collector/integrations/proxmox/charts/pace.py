"""How often subjects are measured, and how the cluster's past is laid over a gap; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.integrations.proxmox.charts.measures import Values

MINUTE_MS = 60_000
DAY_MS = 1_440 * MINUTE_MS
GAP_MS = 3 * MINUTE_MS
"""A shorter time without samples is not asked for: the cluster's own steps are a minute at best."""
PAST_MS = 7 * DAY_MS


class Pace(NamedTuple):
    """Time between two ticks of a subject, and between two writings, in ms."""

    spacing_ms: int
    writing_ms: int


class Frame(NamedTuple):
    """A stretch of the past that a cluster keeps: its name, how far back it reaches, and what is laid out of a step."""

    name: str
    reach_ms: int
    laid_ms: int


FRAMES = (
    Frame("hour", 70 * MINUTE_MS, MINUTE_MS),
    Frame("day", 24 * 60 * MINUTE_MS, 5 * MINUTE_MS),
    Frame("week", PAST_MS, 10 * MINUTE_MS),
)
"""Finest first. Source: RRD archives of pvestatd: 70 steps each of 1 min, 30 min and 3 h; 1 min for a day since 9."""


def pace(subjects: int) -> Pace:
    """Return how often so many subjects of a cluster are measured: all of each poll, or once a minute for thousands."""
    if subjects <= 200:
        return Pace(0, 0)
    return Pace(30_000 if subjects <= 1_000 else MINUTE_MS, MINUTE_MS if subjects <= 1_000 else 5 * MINUTE_MS)


def frames(from_ms: int, now_ms: int) -> tuple[Frame, ...]:
    """Return which frames together cover the time since `from_ms`, as far as they reach."""
    needed = []
    for frame in FRAMES:
        needed.append(frame)
        if now_ms - frame.reach_ms <= from_ms:
            break
    return tuple(needed)


def laid(told: Iterable[tuple[Frame, list[tuple[int, Values]]]], from_ms: int, to_ms: int) -> list[tuple[int, Values]]:
    """Return ticks between two times out of frames, finest first: each step of a coarser one ends where a finer begins.

    A step is a mean over its time, so it is repeated over that time: charts draw a line through it, and no dots.
    """
    found: list[tuple[int, Values]] = []
    until_ms = to_ms
    for frame, rows in told:
        steps = sorted(dict(rows).items())
        step_ms = min((after[0] - one[0] for one, after in zip(steps, steps[1:], strict=False)), default=frame.laid_ms)
        piece = [tick for at_ms, values in steps for tick in _repeated(at_ms, values, step_ms, frame.laid_ms)]
        inside = [tick for tick in piece if from_ms < tick[0] < until_ms]
        found = inside + found
        if inside:
            until_ms = inside[0][0]
    return found


def _repeated(at_ms: int, values: Values, step_ms: int, laid_ms: int) -> list[tuple[int, Values]]:
    """Return a step as ticks; its time is that of its end."""
    times = range(at_ms - step_ms + laid_ms, at_ms + 1, laid_ms) if step_ms > laid_ms else (at_ms,)
    return [(one, values) for one in times]
