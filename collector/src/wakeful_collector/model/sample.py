"""Samples as readers ask for them: columns over one time axis, gaps kept as None."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """One series over the answer's time axis; `values` has one entry a time, None for a gap.

    `unit` is UCUM; a counter is answered as its rate, with `/s` behind the unit. `least` and `most` hold each bucket's
    extremes where the answer is coarser than the samples, otherwise they are None.
    """

    name: str
    labels: dict[str, str]
    unit: str
    kind: str
    values: list[float | None]
    least: list[float | None] | None = None
    most: list[float | None] | None = None


@dataclass(frozen=True, slots=True)
class SeriesAnswer:
    """What a chart takes: bucket starts in seconds since the epoch, the step in seconds, the tier it was read from.

    `found` counts the columns of each metric, those that were left out among them.
    """

    times: list[float]
    step_seconds: float
    tier: str
    columns: list[Column] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LatestSample:
    """The newest value of a series on one host, as it was pushed, and when.

    `rate` is a counter's rise a second since the sample before, None for gauges and where no such sample is known.
    """

    name: str
    labels: dict[str, str]
    value: float
    time_ms: int
    rate: float | None = None
