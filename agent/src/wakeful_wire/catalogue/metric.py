"""The shape of a row of the catalogue."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

COUNTER = "counter"
GAUGE = "gauge"


class Metric(NamedTuple):
    """What a metric name means; `labels` are those its series carry."""

    name: str
    kind: str
    unit: str
    help: str
    labels: tuple[str, ...] = ()
