"""Web servers, and what is asked over the network: addresses, ports, pings."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_wire.catalogue.metric import Metric

ROWS: tuple[Metric, ...] = ()
