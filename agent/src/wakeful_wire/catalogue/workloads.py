"""What runs on the machine: containers, units, guests, logs."""

from __future__ import annotations

from wakeful_wire.catalogue.metric import COUNTER, GAUGE, Metric

_ONE = ("engine", "container")
_IO = ("engine", "container", "direction")

ROWS = (
    Metric("container.engine.up", GAUGE, "1", "1 while a container engine answers", ("engine",)),
    Metric("container.count", GAUGE, "{container}", "Containers by state", ("engine", "state")),
    Metric("container.left_out", GAUGE, "{container}", "Containers beyond the number that is measured", ("engine",)),
    Metric("container.up", GAUGE, "1", "1 while a container runs", _ONE),
    Metric("container.restarts", COUNTER, "{restart}", "How often the engine started a container again", _ONE),
    Metric("container.oom_killed", GAUGE, "1", "1 when a container's last end was for lack of memory", _ONE),
    Metric("container.exit_code", GAUGE, "1", "How a container that ended did so", _ONE),
    Metric("container.healthy", GAUGE, "1", "1 while a container's own check passes, 0 while it fails", _ONE),
    Metric("container.uptime", GAUGE, "s", "Time since a container's start", _ONE),
    Metric("container.cpu.time", COUNTER, "s", "Processor time a container used", _ONE),
    Metric("container.cpu.limit", GAUGE, "{cpu}", "Cores a container may use, where it is limited", _ONE),
    Metric("container.memory.usage", GAUGE, "By", "Memory of a container without cache that can be freed", _ONE),
    Metric("container.memory.limit", GAUGE, "By", "Memory a container may use, where it is limited", _ONE),
    Metric("container.memory.utilization", GAUGE, "1", "Share of its memory limit that a container uses", _ONE),
    Metric("container.pids.count", GAUGE, "{pid}", "Processes and threads of a container", _ONE),
    Metric("container.disk.io", COUNTER, "By", "Bytes a container read and wrote", _IO),
    Metric("container.network.io", COUNTER, "By", "Bytes a container received and sent", _IO),
)
