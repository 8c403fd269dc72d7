"""The fleet's newest values under node_exporter's names, where both mean the same, so that existing dashboards work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model.host import Host, HostStatus, host_status
from wakeful_collector.web.metrics_text import Family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.model.sample import LatestSample


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

_CACHED = "node_memory_Cached_bytes"
_FREE = "node_filesystem_free_bytes"
_UNAME = ("sysname", "release", "version", "machine")


def families(
    fleet: Sequence[Host],
    latest: Mapping[int, Sequence[LatestSample]],
    unames: Mapping[int, Mapping[str, Any]],
    now_ms: int,
) -> list[Family]:
    """Return the families of all hosts that push; what a silent one said last is not what it is now."""
    found = {rule.family: Family(rule.family, rule.kind, rule.metric) for rule in RULES}
    found |= {name: Family(name, _G, text) for name, text in ((_CACHED, "page cache"), (_FREE, "free for root"))}
    found["node_uname_info"] = Family("node_uname_info", _G, "Kernel and name of a host")
    found["node_time_seconds"] = Family("node_time_seconds", _G, "Time of a host's newest tick")
    by_metric: dict[str, list[Rule]] = {}
    for rule in RULES:
        by_metric.setdefault(rule.metric, []).append(rule)
    for host in fleet:
        if host_status(host, now_ms) not in {HostStatus.UP, HostStatus.CONFLICT}:
            continue
        identity = (("instance", host.name), ("host", host.id))
        samples = latest.get(host.key, ())
        for sample in samples:
            _place(found, by_metric.get(sample.name, ()), sample, identity)
        _derived(found, samples, identity)
        _about(found, host.name, unames.get(host.key, {}), identity)
        if samples:
            newest_ms = max(sample.time_ms for sample in samples)
            found["node_time_seconds"].points.append(("", identity, newest_ms / 1000))
    return list(found.values())


def _place(
    found: dict[str, Family], rules: Sequence[Rule], sample: LatestSample, identity: tuple[tuple[str, str], ...]
) -> None:
    for rule in rules:
        if all(sample.labels.get(label) == value for label, value in rule.only):
            labels = tuple((theirs, sample.labels.get(ours, "")) for ours, theirs in rule.labels)
            found[rule.family].points.append(("", identity + labels, sample.value * rule.scale))


def _derived(found: dict[str, Family], samples: Sequence[LatestSample], identity: tuple[tuple[str, str], ...]) -> None:
    """Add what is a sum there: our cache holds the reclaimable slab, and root may use the reserved blocks."""
    memory = {
        (one.name, one.labels.get("state")): one.value for one in samples if one.name.startswith("system.memory.")
    }
    cached = memory.get(("system.memory.usage", "cached"))
    if cached is not None:
        cache = cached - memory.get(("system.memory.slab", "reclaimable"), 0.0)
        found[_CACHED].points.append(("", identity, max(0.0, cache)))
    free: dict[tuple[tuple[str, str], ...], float] = {}
    for one in samples:
        if one.name == "system.filesystem.usage" and one.labels.get("state") in {"free", "reserved"}:
            labels = tuple((theirs, one.labels.get(ours, "")) for ours, theirs in _MOUNT)
            free[labels] = free.get(labels, 0.0) + one.value
    found[_FREE].points.extend(("", identity + labels, value) for labels, value in free.items())


def _about(
    found: dict[str, Family], name: str, uname: Mapping[str, Any], identity: tuple[tuple[str, str], ...]
) -> None:
    labels = tuple((label, str(uname.get(label) or "")) for label in _UNAME)
    found["node_uname_info"].points.append(("", (*identity, *labels, ("nodename", name)), 1.0))
