"""The catalogue of metrics, asked by name: each name's kind, unit and meaning, said once.

Names follow OpenTelemetry's semantic conventions where those have one; units are UCUM (`By`, `s`, `1`, `Cel`, `Hz`).
Counters travel as they are counted. Names nobody listed come from scripts in Prometheus' text format: what its naming
conventions say of kind and unit is taken from their last word.
"""

from __future__ import annotations

from wakeful_wire.catalogue import caches, databases, extras, machine, storage, web, workloads
from wakeful_wire.catalogue.metric import COUNTER, GAUGE, Metric

__all__ = ["COUNTER", "GAUGE", "METRICS", "Metric", "describe"]

_FAMILIES = (machine.ROWS, storage.ROWS, workloads.ROWS, web.ROWS, caches.ROWS, databases.ROWS, extras.ROWS)
_COUNTER_WORDS = ("total", "count", "sum", "bucket")
_UNITS = {"bytes": "By", "seconds": "s", "ratio": "1", "celsius": "Cel", "volts": "V", "watts": "W", "joules": "J"}

METRICS: dict[str, Metric] = {row.name: row for rows in _FAMILIES for row in rows}
"""Every metric by name."""


def describe(name: str) -> Metric:
    """Return what is known of a metric; of a name nobody listed, what its last words say."""
    return METRICS.get(name) or _by_words(name)


def _by_words(name: str) -> Metric:
    words = name.split("_")
    kind = COUNTER if len(words) > 1 and words[-1] in _COUNTER_WORDS else GAUGE
    unit = next((_UNITS[word] for word in reversed(words[1:]) if word in _UNITS), "1")
    return Metric(name, kind, unit, "")
