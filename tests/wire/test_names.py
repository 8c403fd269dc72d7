"""Tests of wakeful_wire.names: the catalogue is whole and its words are the ones of OpenTelemetry and UCUM."""

from __future__ import annotations

import re

import pytest

from wakeful_wire import limits
from wakeful_wire.catalogue import caches, databases, extras, machine, storage, web, workloads
from wakeful_wire.names import COUNTER, GAUGE, METRICS, Metric, describe

FAMILIES = (caches, databases, extras, machine, storage, web, workloads)
UNITS = {"1", "By", "By/s", "V.A", "s", "Hz", "Cel", "W", "J", "rpm", "bit/s", "V", "A", "%"}


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_says_what_it_means(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", metric.name)
    assert metric.kind in (COUNTER, GAUGE)
    assert metric.unit in UNITS or re.fullmatch(r"\{[a-z_]+\}(/s|/min)?", metric.unit)
    assert metric.help
    assert not metric.help.endswith(".")
    assert len(set(metric.labels)) == len(metric.labels) <= limits.LABELS_MAX
    assert all(re.fullmatch(r"[a-z_]+", label) for label in metric.labels)


def test_no_metric_is_listed_twice_and_each_is_found_by_its_name() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())
    assert len(METRICS) == sum(len(family.ROWS) for family in FAMILIES) > 60


def test_a_name_nobody_listed_is_a_gauge_without_unit() -> None:
    assert describe("system.uptime") is METRICS["system.uptime"]
    assert describe("my.own") == Metric("my.own", GAUGE, "1", "")


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("backup_last_success_timestamp_seconds", GAUGE, "s"),
        ("http_requests_total", COUNTER, "1"),
        ("process_cpu_seconds_total", COUNTER, "s"),
        ("disk_free_bytes", GAUGE, "By"),
        ("request_size_bytes_bucket", COUNTER, "By"),
        ("total", GAUGE, "1"),
        ("bytes", GAUGE, "1"),
        ("room_celsius", GAUGE, "Cel"),
    ],
)
def test_names_in_the_style_of_prometheus_say_it_with_their_last_words(name: str, kind: str, unit: str) -> None:
    assert describe(name) == Metric(name, kind, unit, "")
