"""The machine itself and the agent: what is always there."""

from __future__ import annotations

from wakeful_wire.catalogue.metric import COUNTER, GAUGE, Metric

ROWS = (
    Metric("system.cpu.time", COUNTER, "s", "Time a core spent in a mode", ("cpu", "mode")),
    Metric("system.cpu.utilization", GAUGE, "1", "Share of all cores' time that was not idle since the last tick"),
    Metric("system.cpu.logical.count", GAUGE, "{cpu}", "Logical cores"),
    Metric("system.cpu.physical.count", GAUGE, "{cpu}", "Physical cores"),
    Metric("system.cpu.frequency", GAUGE, "Hz", "Current frequency of a core", ("cpu",)),
    Metric("system.cpu.context_switches", COUNTER, "{switch}", "Context switches"),
    Metric("system.cpu.interrupts", COUNTER, "{interrupt}", "Interrupts served"),
    Metric("system.load_average.1m", GAUGE, "{thread}", "Load average over 1 minute"),
    Metric("system.load_average.5m", GAUGE, "{thread}", "Load average over 5 minutes"),
    Metric("system.load_average.15m", GAUGE, "{thread}", "Load average over 15 minutes"),
    Metric("system.memory.limit", GAUGE, "By", "Memory there is"),
    Metric("system.memory.usage", GAUGE, "By", "Memory by state: used, free, buffers, cached", ("state",)),
    Metric("system.memory.utilization", GAUGE, "1", "Share of memory that is not available"),
    Metric("system.memory.available", GAUGE, "By", "Memory that a new program could have without swapping"),
    Metric("system.memory.active", GAUGE, "By", "Memory used lately"),
    Metric("system.memory.inactive", GAUGE, "By", "Memory not used lately"),
    Metric("system.memory.shared", GAUGE, "By", "Shared memory and tmpfs"),
    Metric("system.memory.slab", GAUGE, "By", "Kernel structures: reclaimable, unreclaimable", ("state",)),
    Metric("system.paging.limit", GAUGE, "By", "Swap there is"),
    Metric("system.paging.usage", GAUGE, "By", "Swap by state: used, free", ("state",)),
    Metric("system.paging.io", COUNTER, "By", "Bytes swapped in and out", ("direction",)),
    Metric("system.paging.faults", COUNTER, "{fault}", "Page faults: major, minor", ("type",)),
    Metric(
        "system.pressure.time", COUNTER, "s", "Time that some or all work waited for a resource", ("resource", "kind")
    ),
    Metric(
        "system.pressure.average",
        GAUGE,
        "1",
        "Share of the last 10 s that work waited for a resource",
        ("resource", "kind"),
    ),
    Metric("system.uptime", GAUGE, "s", "Time since the machine started"),
    Metric("system.boot_time", GAUGE, "s", "When the machine started, since the epoch"),
    Metric("system.disk.io", COUNTER, "By", "Bytes read and written", ("device", "direction")),
    Metric("system.disk.operations", COUNTER, "{operation}", "Reads and writes done", ("device", "direction")),
    Metric(
        "system.disk.operation_time", COUNTER, "s", "Time spent in reads and writes, summed", ("device", "direction")
    ),
    Metric(
        "system.disk.merged",
        COUNTER,
        "{operation}",
        "Reads and writes merged before they reached the device",
        ("device", "direction"),
    ),
    Metric("system.disk.io_time", COUNTER, "s", "Time the device was busy", ("device",)),
    Metric(
        "system.disk.weighted_io_time", COUNTER, "s", "Time requests waited and ran, summed over requests", ("device",)
    ),
    Metric("system.disk.pending_operations", GAUGE, "{operation}", "Requests in flight", ("device",)),
    Metric("system.filesystem.limit", GAUGE, "By", "Size of a filesystem", ("mountpoint", "device", "type")),
    Metric(
        "system.filesystem.usage",
        GAUGE,
        "By",
        "Space by state: used, free (for users), reserved",
        ("mountpoint", "device", "type", "state"),
    ),
    Metric(
        "system.filesystem.utilization",
        GAUGE,
        "1",
        "Share of the space users may fill that is used",
        ("mountpoint", "device", "type"),
    ),
    Metric(
        "system.filesystem.inodes.limit", GAUGE, "{inode}", "Inodes of a filesystem", ("mountpoint", "device", "type")
    ),
    Metric(
        "system.filesystem.inodes.usage",
        GAUGE,
        "{inode}",
        "Inodes by state: used, free",
        ("mountpoint", "device", "type", "state"),
    ),
    Metric("system.network.io", COUNTER, "By", "Bytes received and transmitted", ("device", "direction")),
    Metric("system.network.packets", COUNTER, "{packet}", "Packets received and transmitted", ("device", "direction")),
    Metric(
        "system.network.errors", COUNTER, "{error}", "Errors while receiving and transmitting", ("device", "direction")
    ),
    Metric("system.network.dropped", COUNTER, "{packet}", "Packets dropped", ("device", "direction")),
    Metric("system.network.link.speed", GAUGE, "bit/s", "Speed the link agreed on", ("device",)),
    Metric("system.network.link.up", GAUGE, "1", "1 while the interface is up", ("device",)),
    Metric("system.network.connections", GAUGE, "{connection}", "TCP connections by state", ("protocol", "state")),
    Metric("system.network.sockets", GAUGE, "{socket}", "Sockets in use", ("protocol",)),
    Metric("system.network.sockets.used", GAUGE, "{socket}", "Sockets of all kinds in use, local ones too"),
    Metric("system.network.conntrack.count", GAUGE, "{entry}", "Connections the firewall tracks"),
    Metric("system.network.conntrack.limit", GAUGE, "{entry}", "Connections the firewall can track"),
    Metric("system.file_handles.used", GAUGE, "{handle}", "Open file handles"),
    Metric("system.file_handles.limit", GAUGE, "{handle}", "File handles there can be"),
    Metric(
        "system.processes.count",
        GAUGE,
        "{process}",
        "Processes by status: running, sleeping, blocked, stopped, zombie, idle",
        ("status",),
    ),
    Metric("system.processes.threads", GAUGE, "{thread}", "Threads of all processes"),
    Metric("system.processes.created", COUNTER, "{process}", "Processes started since boot"),
    Metric(
        "process.cpu.utilization", GAUGE, "1", "Cores used by all processes of a name, among the busiest", ("name",)
    ),
    Metric(
        "process.memory.usage", GAUGE, "By", "Resident memory of all processes of a name, among the largest", ("name",)
    ),
    Metric("hw.temperature", GAUGE, "Cel", "Temperature of a sensor", ("chip", "sensor")),
    Metric("hw.temperature.limit", GAUGE, "Cel", "Limit of a sensor: high, critical", ("chip", "sensor", "kind")),
    Metric("hw.fan.speed", GAUGE, "rpm", "Speed of a fan", ("chip", "sensor")),
    Metric("hw.power", GAUGE, "W", "Power drawn", ("chip", "sensor")),
    Metric("hw.energy", COUNTER, "J", "Energy used", ("zone",)),
    Metric("hw.battery.charge", GAUGE, "1", "Charge of a battery", ("battery",)),
    Metric("agent.cpu.time", COUNTER, "s", "Processor time the agent has used"),
    Metric("agent.memory.usage", GAUGE, "By", "Resident memory of the agent"),
    Metric("agent.spool.size", GAUGE, "By", "Bytes waiting in the spool"),
    Metric("agent.spool.pushes", GAUGE, "{push}", "Pushes waiting in the spool"),
    Metric("agent.spool.age", GAUGE, "s", "Age of the oldest push in the spool"),
    Metric("agent.pushes", COUNTER, "{push}", "Pushes by outcome: accepted, retried, set_aside, dropped", ("outcome",)),
    Metric("agent.meter.duration", GAUGE, "s", "Time a meter's last run took", ("meter",)),
    Metric("textfile.up", GAUGE, "1", "1 while a *.prom file can be read", ("file",)),
    Metric("textfile.age", GAUGE, "s", "Time since a *.prom file was written", ("file",)),
    Metric("exec.up", GAUGE, "1", "1 while a script of agent.toml ends well", ("script",)),
    Metric("exec.duration", GAUGE, "s", "Time a script's last run took", ("script",)),
    Metric("watch.up", GAUGE, "1", "1 while what is kept alive is up; none while nobody can tell", ("watch", "kind")),
    Metric("recovery.attempts", COUNTER, "{attempt}", "Attempts to bring it up since it is watched", ("watch",)),
    Metric("exec.code", GAUGE, "1", "Exit code of a script's last run", ("script",)),
)
