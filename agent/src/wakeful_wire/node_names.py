"""Our metrics under node_exporter's names, where both mean the same: existing dashboards and alert rules work.

Both halves show them: the collector those of the fleet, the agent those of its machine.
"""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Mapping

    Labels = tuple[tuple[str, str], ...]
    Sample = tuple[str, Mapping[str, str], float]


class Rule(NamedTuple):
    """Says that series of `metric` with the labels `only` are `family`; `labels` maps ours to theirs."""

    metric: str
    family: str
    kind: str
    labels: tuple[tuple[str, str], ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    scale: float = 1.0


_C, _G = "counter", "gauge"
_DEVICE = (("device", "device"),)
_MOUNT = (("device", "device"), ("type", "fstype"), ("mountpoint", "mountpoint"))
_SENSOR = (("chip", "chip"), ("sensor", "sensor"))


def _directed(metric: str, *pairs: tuple[str, str]) -> tuple[Rule, ...]:
    return tuple(Rule(metric, family, _C, _DEVICE, (("direction", direction),)) for direction, family in pairs)


def _state(metric: str, label: str, **families: str) -> tuple[Rule, ...]:
    return tuple(Rule(metric, family, _G, (), ((label, value),)) for value, family in families.items())


def _waiting(resource: str, kind: str, family: str) -> Rule:
    return Rule("system.pressure.time", family, _C, (), (("resource", resource), ("kind", kind)))


RULES: tuple[Rule, ...] = (
    Rule("system.cpu.time", "node_cpu_seconds_total", _C, (("cpu", "cpu"), ("mode", "mode"))),
    Rule("system.cpu.frequency", "node_cpu_scaling_frequency_hertz", _G, (("cpu", "cpu"),)),
    Rule("system.cpu.context_switches", "node_context_switches_total", _C),
    Rule("system.cpu.interrupts", "node_intr_total", _C),
    Rule("system.load_average.1m", "node_load1", _G),
    Rule("system.load_average.5m", "node_load5", _G),
    Rule("system.load_average.15m", "node_load15", _G),
    Rule("system.memory.limit", "node_memory_MemTotal_bytes", _G),
    *_state("system.memory.usage", "state", free="node_memory_MemFree_bytes", buffers="node_memory_Buffers_bytes"),
    Rule("system.memory.available", "node_memory_MemAvailable_bytes", _G),
    Rule("system.memory.active", "node_memory_Active_bytes", _G),
    Rule("system.memory.inactive", "node_memory_Inactive_bytes", _G),
    Rule("system.memory.shared", "node_memory_Shmem_bytes", _G),
    *_state(
        "system.memory.slab",
        "state",
        reclaimable="node_memory_SReclaimable_bytes",
        unreclaimable="node_memory_SUnreclaim_bytes",
    ),
    Rule("system.paging.limit", "node_memory_SwapTotal_bytes", _G),
    *_state("system.paging.usage", "state", free="node_memory_SwapFree_bytes"),
    Rule("system.paging.faults", "node_vmstat_pgmajfault", "untyped", (), (("type", "major"),)),
    _waiting("cpu", "some", "node_pressure_cpu_waiting_seconds_total"),
    _waiting("memory", "some", "node_pressure_memory_waiting_seconds_total"),
    _waiting("memory", "full", "node_pressure_memory_stalled_seconds_total"),
    _waiting("io", "some", "node_pressure_io_waiting_seconds_total"),
    _waiting("io", "full", "node_pressure_io_stalled_seconds_total"),
    Rule("system.boot_time", "node_boot_time_seconds", _G),
    *_directed("system.disk.io", ("read", "node_disk_read_bytes_total"), ("write", "node_disk_written_bytes_total")),
    *_directed(
        "system.disk.operations",
        ("read", "node_disk_reads_completed_total"),
        ("write", "node_disk_writes_completed_total"),
    ),
    *_directed(
        "system.disk.operation_time",
        ("read", "node_disk_read_time_seconds_total"),
        ("write", "node_disk_write_time_seconds_total"),
    ),
    *_directed(
        "system.disk.merged", ("read", "node_disk_reads_merged_total"), ("write", "node_disk_writes_merged_total")
    ),
    Rule("system.disk.io_time", "node_disk_io_time_seconds_total", _C, _DEVICE),
    Rule("system.disk.weighted_io_time", "node_disk_io_time_weighted_seconds_total", _C, _DEVICE),
    Rule("system.disk.pending_operations", "node_disk_io_now", _G, _DEVICE),
    Rule("system.filesystem.limit", "node_filesystem_size_bytes", _G, _MOUNT),
    Rule("system.filesystem.usage", "node_filesystem_avail_bytes", _G, _MOUNT, (("state", "free"),)),
    Rule("system.filesystem.inodes.limit", "node_filesystem_files", _G, _MOUNT),
    Rule("system.filesystem.inodes.usage", "node_filesystem_files_free", _G, _MOUNT, (("state", "free"),)),
    *_directed(
        "system.network.io",
        ("receive", "node_network_receive_bytes_total"),
        ("transmit", "node_network_transmit_bytes_total"),
    ),
    *_directed(
        "system.network.packets",
        ("receive", "node_network_receive_packets_total"),
        ("transmit", "node_network_transmit_packets_total"),
    ),
    *_directed(
        "system.network.errors",
        ("receive", "node_network_receive_errs_total"),
        ("transmit", "node_network_transmit_errs_total"),
    ),
    *_directed(
        "system.network.dropped",
        ("receive", "node_network_receive_drop_total"),
        ("transmit", "node_network_transmit_drop_total"),
    ),
    Rule("system.network.link.up", "node_network_up", _G, _DEVICE),
    Rule("system.network.link.speed", "node_network_speed_bytes", _G, _DEVICE, (), 1 / 8),
    *_state(
        "system.network.connections",
        "state",
        established="node_netstat_Tcp_CurrEstab",
        time_wait="node_sockstat_TCP_tw",
    ),
    Rule("system.network.sockets.used", "node_sockstat_sockets_used", _G),
    Rule("system.network.conntrack.count", "node_nf_conntrack_entries", _G),
    Rule("system.network.conntrack.limit", "node_nf_conntrack_entries_limit", _G),
    Rule("system.file_handles.used", "node_filefd_allocated", _G),
    Rule("system.file_handles.limit", "node_filefd_maximum", _G),
    *_state("system.processes.count", "status", running="node_procs_running", blocked="node_procs_blocked"),
    Rule("system.processes.threads", "node_processes_threads", _G),
    Rule("system.processes.created", "node_forks_total", _C),
    Rule("hw.temperature", "node_hwmon_temp_celsius", _G, _SENSOR),
    Rule("hw.temperature.limit", "node_hwmon_temp_max_celsius", _G, _SENSOR, (("kind", "high"),)),
    Rule("hw.temperature.limit", "node_hwmon_temp_crit_celsius", _G, _SENSOR, (("kind", "critical"),)),
    Rule("hw.fan.speed", "node_hwmon_fan_rpm", _G, _SENSOR),
)

NAMES = frozenset(rule.metric for rule in RULES)
"""The metrics that have a name there."""

DERIVED = {"node_memory_Cached_bytes": "Page cache", "node_filesystem_free_bytes": "Space free for root"}
"""Families that are sums there, with their help."""

_BY_METRIC: dict[str, tuple[Rule, ...]] = {name: tuple(rule for rule in RULES if rule.metric == name) for name in NAMES}


def rules_of(name: str, labels: Mapping[str, str]) -> list[tuple[Rule, Labels]]:
    """Return the families that a series belongs to, each with the labels it has there."""
    return [
        (rule, tuple((theirs, labels.get(ours, "")) for ours, theirs in rule.labels))
        for rule in _BY_METRIC.get(name, ())
        if all(labels.get(label) == value for label, value in rule.only)
    ]


def derived(samples: Iterable[Sample]) -> list[tuple[str, Labels, float]]:
    """Return what is a sum there: our cache holds the reclaimable slab, and root may use the reserved blocks."""
    memory: dict[tuple[str, str | None], float] = {}
    free: dict[Labels, float] = {}
    for name, labels, value in samples:
        state = labels.get("state")
        if name.startswith("system.memory."):
            memory[name, state] = value
        elif name == "system.filesystem.usage" and state in {"free", "reserved"}:
            of = tuple((theirs, labels.get(ours, "")) for ours, theirs in _MOUNT)
            free[of] = free.get(of, 0.0) + value
    found = [("node_filesystem_free_bytes", labels, value) for labels, value in free.items()]
    cached = memory.get(("system.memory.usage", "cached"))
    if cached is not None:
        cache = cached - memory.get(("system.memory.slab", "reclaimable"), 0.0)
        found.append(("node_memory_Cached_bytes", (), max(0.0, cache)))
    return found
