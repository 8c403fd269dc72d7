"""How values of a metric are written."""

from __future__ import annotations

import pytest

from wakeful_collector.web.pages_units import kind_of, unit_words
from wakeful_wire.names import COUNTER, GAUGE, Metric, describe


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("system.memory.usage", "bytes"),
        ("system.network.io", "byterate"),
        ("system.cpu.time", "percent"),
        ("system.cpu.utilization", "percent"),
        ("system.network.link.up", "count"),
        ("hw.temperature", "celsius"),
        ("hw.energy", "watts"),
        ("redis.commands.processed", "persecond"),
        ("backup_duration_seconds", "seconds"),
        ("backup_bytes_total", "byterate"),
        ("queue_jobs", "count"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert kind_of(describe(name)) == kind


@pytest.mark.parametrize(
    ("unit", "kind", "words"),
    [
        ("{operation}", COUNTER, "operations a second"),
        ("{query}", GAUGE, "queries"),
        ("{entry}", GAUGE, "entries"),
        ("{key}", GAUGE, "keys"),
        ("{switch}", COUNTER, "switches a second"),
        ("By", GAUGE, ""),
        ("{record}/min", GAUGE, "records a minute"),
        ("{operation}/s", GAUGE, "operations a second"),
        ("{packet}", GAUGE, "packets"),
    ],
)
def test_units_of_counted_things_are_words(unit: str, kind: str, words: str) -> None:
    assert unit_words(Metric("x", kind, unit, "")) == words
