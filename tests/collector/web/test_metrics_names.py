"""Our samples under node_exporter's names: values, labels, and what is a sum there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.model.host import Host
from wakeful_collector.model.sample import LatestSample
from wakeful_collector.web.metrics_names import NAMES, RULES, families
from wakeful_wire.names import METRICS

if TYPE_CHECKING:
    from wakeful_collector.web.metrics_text import Family

NOW = 1_795_000_000_000


def host(key: int = 1, seen_ms: int | None = NOW, name: str = "web-1") -> Host:
    return Host(key, f"id{key}", name, (), 0, seen_ms, 15.0, "0.1.0")


def sample(name: str, value: float, **labels: str) -> LatestSample:
    return LatestSample(name, labels, value, NOW - 5000)


def points(found: list[Family], name: str) -> list[tuple[dict[str, str], float]]:
    family = next(one for one in found if one.name == name)
    return [(dict(labels), value) for _, labels, value in family.points]


def test_every_rule_names_a_metric_of_the_wire_with_its_labels() -> None:
    for rule in RULES:
        assert rule.metric in METRICS, rule.metric
        labels = METRICS[rule.metric].labels
        assert {ours for ours, _ in rule.labels} | {label for label, _ in rule.only} <= set(labels), rule.metric
        assert (rule.kind == "counter") <= (METRICS[rule.metric].kind == "counter"), rule.metric
        assert rule.family.startswith("node_")
        assert rule.family.endswith("_total") == (rule.kind == "counter"), rule.family
    assert len({rule.family for rule in RULES}) == len(RULES)
    assert len(NAMES) > 30


def test_values_and_labels() -> None:
    samples = [
        sample("system.cpu.time", 12.5, cpu="0", mode="iowait"),
        sample("system.network.io", 99, device="eth0", direction="receive"),
        sample("system.network.link.speed", 1e9, device="eth0"),
        sample("system.load_average.1m", 0.5),
        sample("something.else", 1),
    ]
    found = families([host()], {1: samples}, {}, NOW)
    who = {"instance": "web-1", "host": "id1"}
    assert points(found, "node_cpu_seconds_total") == [({**who, "cpu": "0", "mode": "iowait"}, 12.5)]
    assert points(found, "node_network_receive_bytes_total") == [({**who, "device": "eth0"}, 99)]
    assert points(found, "node_network_transmit_bytes_total") == []
    assert points(found, "node_network_speed_bytes") == [({**who, "device": "eth0"}, 125e6)]
    assert points(found, "node_load1") == [(who, 0.5)]
    assert points(found, "node_time_seconds") == [(who, NOW / 1000 - 5)]


def test_what_is_a_sum_there() -> None:
    mount = {"mountpoint": "/", "device": "/dev/sda1", "type": "ext4"}
    samples = [
        sample("system.memory.usage", 100, state="cached"),
        sample("system.memory.slab", 30, state="reclaimable"),
        sample("system.filesystem.usage", 50, state="free", **mount),
        sample("system.filesystem.usage", 5, state="reserved", **mount),
        sample("system.filesystem.usage", 45, state="used", **mount),
    ]
    found = families([host()], {1: samples}, {}, NOW)
    theirs = {"instance": "web-1", "host": "id1", "mountpoint": "/", "device": "/dev/sda1", "fstype": "ext4"}
    assert [value for _, value in points(found, "node_memory_Cached_bytes")] == [70]
    assert points(found, "node_filesystem_free_bytes") == [(theirs, 55)]
    assert points(found, "node_filesystem_avail_bytes") == [(theirs, 50)]


def test_a_silent_host_says_nothing() -> None:
    fleet = [host(1, NOW - 3_600_000), host(2, None), host(3)]
    samples = {key: [sample("system.load_average.1m", 1.0)] for key in (1, 2, 3)}
    found = families(fleet, samples, {}, NOW)
    assert [labels["host"] for labels, _ in points(found, "node_load1")] == ["id3"]
    assert [labels["host"] for labels, _ in points(found, "node_uname_info")] == ["id3"]


def test_the_kernel_is_named_with_the_host_where_it_has_no_name() -> None:
    labels, value = points(families([host()], {}, {1: {"sysname": "Linux", "release": "6.1"}}, NOW), "node_uname_info")[
        0
    ]
    assert (labels["sysname"], labels["nodename"], labels["release"], value) == ("Linux", "web-1", "6.1", 1.0)
