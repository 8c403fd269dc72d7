"""Graphics processors, jails, tunnels, packages, other devices and games."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_wire.catalogue.metric import Metric

ROWS: tuple[Metric, ...] = ()
