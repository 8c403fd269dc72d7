"""Charts of what runs on a machine and beside it: containers, units, guests, logs."""

from __future__ import annotations

from wakeful_collector.web.pages_panel import chart, upness

_NAME = ("container",)
SECTIONS = (
    (
        "Containers",
        (
            chart("container-cpu", "Processor by container", "containers", "container.cpu.time",
                  unit="share of one core", line=_NAME),
            chart("container-memory", "Memory by container", "containers", "container.memory.usage", line=_NAME),
            chart("container-network", "Network by container", "containers", "container.network.io",
                  unit="in above, out below", style="mirrored", line=_NAME, down=("direction", "transmit")),
            chart("container-disk", "Disk by container", "containers", "container.disk.io",
                  unit="read above, write below", style="mirrored", line=_NAME, down=("direction", "write")),
            chart("container-count", "Containers by state", "containers", "container.count", by=("state",)),
            chart("container-limit", "Memory limit used", "containers", "container.memory.utilization",
                  unit="share of its limit", line=_NAME, top=1.0),
            upness("container-health", "Health checks", "containers", "container.healthy"),
            chart("container-restarts", "Restarts", "containers", "container.restarts", unit="a minute", line=_NAME,
                  kind="perminute"),
            upness("container-engines", "Container engines", "containers", "container.engine.up"),
        ),
    ),
)  # fmt: skip
