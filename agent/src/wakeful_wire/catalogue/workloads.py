"""What runs on the machine: containers, units, guests, logs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_wire.catalogue.metric import Metric

ROWS: tuple[Metric, ...] = ()
