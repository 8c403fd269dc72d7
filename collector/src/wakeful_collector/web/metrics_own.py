"""The collector's own health as Prometheus families."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from wakeful_collector import __version__
from wakeful_collector.model.delivery import STATES
from wakeful_collector.model.host import Host, HostStatus, host_status
from wakeful_collector.web.metrics_text import Family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.read.heartbeats import Heartbeat
    from wakeful_collector.read.traffic import Condition, Traffic


def families(
    fleet: Sequence[Host],
    counted: Traffic,
    condition: Condition,
    beats: Mapping[str, Heartbeat],
    sizes: Mapping[str, int],
    now_ms: int,
) -> list[Family]:
    """Return the families about the collector itself."""
    return [
        _info(),
        *_pushes(counted),
        *_condition(condition),
        _sizes(sizes),
        *_jobs(beats, now_ms),
        *_hosts(fleet, now_ms),
    ]


def escalation(going_on: int, untaken: int, deliveries: Mapping[str, int]) -> list[Family]:
    """Return the families about incidents and what became of their messages; dead ones reached nobody."""
    incidents = Family("wakeful_incidents", "gauge", "Incidents that go on, by whether somebody has taken them on")
    incidents.add(untaken, state="open")
    incidents.add(going_on - untaken, state="acknowledged")
    family = Family("wakeful_deliveries", "gauge", "Messages kept, by what became of them; dead ones were given up")
    for state in STATES:
        family.add(deliveries.get(state, 0), state=state)
    return [incidents, family]


def _info() -> Family:
    family = Family("wakeful_build_info", "gauge", "Version of the collector")
    family.add(1, version=__version__)
    return family


def _pushes(counted: Traffic) -> list[Family]:
    pushes = Family("wakeful_pushes_total", "counter", "Pushes by outcome")
    for outcome, number in sorted(counted.pushes.items()):
        pushes.add(number, outcome=outcome)
    samples = Family("wakeful_samples_total", "counter", "Samples taken")
    samples.add(counted.samples)
    packed = Family("wakeful_push_bytes_total", "counter", "Bytes of pushes as they came, packed")
    packed.add(counted.bytes_packed)
    commits = Family("wakeful_commit_seconds", "summary", "Time of group commits, several pushes each")
    commits.add(counted.commit_seconds, "_sum")
    commits.add(counted.commits, "_count")
    return [pushes, samples, packed, commits]


def _condition(condition: Condition) -> list[Family]:
    full = Family("wakeful_disk_full", "gauge", "1 while there is no room to store pushes")
    full.add(0 if condition.full_since_ms is None else 1)
    last = Family("wakeful_last_push_timestamp_seconds", "gauge", "When a push was last taken")
    if condition.last_push_ms is not None:
        last.add(condition.last_push_ms / 1000)
    return [full, last]


def _sizes(sizes: Mapping[str, int]) -> Family:
    family = Family("wakeful_database_bytes", "gauge", "Size of the files in the data folder")
    for file, size in sorted(sizes.items()):
        family.add(size, file=file)
    return family


def _jobs(beats: Mapping[str, Heartbeat], now_ms: int) -> list[Family]:
    ages = Family("wakeful_job_age_seconds", "gauge", "Time since the worker, or a job of it, last came through")
    seconds = Family("wakeful_job_duration_seconds", "gauge", "Time that the last run of a job took")
    for name, beat in sorted(beats.items()):
        ages.add(max(0.0, (now_ms - beat.at_ms) / 1000), job=name)
        took = beat.detail.get("seconds")
        if isinstance(took, int | float):
            seconds.add(float(took), job=name)
    return [ages, seconds]


def _hosts(fleet: Sequence[Host], now_ms: int) -> list[Family]:
    counted = Counter(host_status(host, now_ms) for host in fleet)
    by_status = Family("wakeful_hosts", "gauge", "Hosts by status")
    for status in HostStatus:
        by_status.add(counted[status], status=status.value)
    up = Family("wakeful_host_up", "gauge", "1 while a host pushes as it should")
    seen = Family("wakeful_host_last_seen_timestamp_seconds", "gauge", "When a host last pushed")
    for host in fleet:
        up.add(int(host_status(host, now_ms) in {HostStatus.UP, HostStatus.CONFLICT}), instance=host.name, host=host.id)
        if host.last_seen_ms is not None:
            seen.add(host.last_seen_ms / 1000, instance=host.name, host=host.id)
    return [by_status, up, seen]
