"""The fleet's newest values under node_exporter's names (see the wire's `node_names`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.model.host import Host, HostStatus, host_status
from wakeful_collector.web.metrics_text import Family
from wakeful_wire.node_names import DERIVED, NAMES, RULES, derived, rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.model.sample import LatestSample

__all__ = ["NAMES", "RULES", "families"]

_GAUGE = "gauge"
_UNAME = ("sysname", "release", "version", "machine")


def families(
    fleet: Sequence[Host],
    latest: Mapping[int, Sequence[LatestSample]],
    unames: Mapping[int, Mapping[str, Any]],
    now_ms: int,
) -> list[Family]:
    """Return the families of all hosts that push; what a silent one said last is not what it is now."""
    found = {rule.family: Family(rule.family, rule.kind, rule.metric) for rule in RULES}
    found |= {name: Family(name, _GAUGE, text) for name, text in DERIVED.items()}
    found["node_uname_info"] = Family("node_uname_info", _GAUGE, "Kernel and name of a host")
    found["node_time_seconds"] = Family("node_time_seconds", _GAUGE, "Time of a host's newest tick")
    for host in fleet:
        if host_status(host, now_ms) not in {HostStatus.UP, HostStatus.CONFLICT}:
            continue
        identity = (("instance", host.name), ("host", host.id))
        samples = latest.get(host.key, ())
        for sample in samples:
            for rule, labels in rules_of(sample.name, sample.labels):
                found[rule.family].points.append(("", identity + labels, sample.value * rule.scale))
        for family, labels, value in derived((one.name, one.labels, one.value) for one in samples):
            found[family].points.append(("", identity + labels, value))
        _about(found, host.name, unames.get(host.key, {}), identity)
        if samples:
            newest_ms = max(sample.time_ms for sample in samples)
            found["node_time_seconds"].points.append(("", identity, newest_ms / 1000))
    return list(found.values())


def _about(
    found: dict[str, Family], name: str, uname: Mapping[str, Any], identity: tuple[tuple[str, str], ...]
) -> None:
    labels = tuple((label, str(uname.get(label) or "")) for label in _UNAME)
    found["node_uname_info"].points.append(("", (*identity, *labels, ("nodename", name)), 1.0))
