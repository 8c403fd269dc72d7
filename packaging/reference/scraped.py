"""The page of what /metrics of the collector says beside the fleet's values: of itself, the gateway, and clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tables import code, page, sentence, table

from wakeful_collector.read.traffic import Condition, Traffic
from wakeful_collector.web import metrics_gateway, metrics_own, metrics_proxmox

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.web.metrics_text import Family


def families() -> str:
    """Return the page of the collector's own families; each is asked of the code with nothing to tell yet."""
    own = metrics_own.families([], Traffic({}, 0, 0, 0, 0.0), Condition(None, None), {}, {}, 0)
    own += metrics_own.escalation(0, 0, {})
    gateway = metrics_gateway.families(metrics_gateway.Gateway([], {}, [], []), ())
    return page(
        "Families of /metrics",
        "What the collector's `/metrics` says in Prometheus' form, beside [the metrics](metrics.md) of every host."
        " [API](../api.md#for-other-monitors) says how it is asked for.",
        "## Of the collector",
        _rows(own),
        "## Of the gateway",
        "Their labels stand in [the gateway](../gateway.md#metrics).",
        _rows(gateway),
        "## Of Proxmox clusters",
        "Their labels stand in [charts](../proxmox/charts.md#metrics).",
        _rows(metrics_proxmox.families([], 0)),
    )


def _rows(found: Iterable[Family]) -> str:
    return table(("family", "kind", "meaning"), [(code(one.name), one.kind, sentence(one.help)) for one in found])
