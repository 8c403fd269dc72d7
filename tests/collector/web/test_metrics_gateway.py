"""The gateway as Prometheus reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wakeful_collector.store import gateway_history, gateway_leases, gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_history import FIRST_BYTE_BUCKETS, Request
from wakeful_collector.store.gateway_leases import Lease
from wakeful_collector.store.gateway_machines import MachineRow
from wakeful_collector.web.metrics_gateway import Gateway, families
from wakeful_collector.web.metrics_text import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = 'mod"el\\\n'


def sample(text: str, name: str, **labels: str) -> float:
    """Return the one value with these labels, as Prometheus' own parser reads it."""
    found = [
        one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if one.name == name and labels.items() <= one.labels.items()
    ]
    assert len(found) == 1, (name, labels, found)
    return float(found[0])


@pytest.fixture
def busy(data: Path, now_ms: int) -> None:
    """A machine that did something, and one that nobody looked at yet."""
    with changing_gateway(data) as connection:
        for name, watts in (("gpu", 80), ("new", 0)):
            row = MachineRow(name, "http://192.0.2.1:1", None, name == "gpu", {"watts": watts}, "", now_ms, now_ms)
            gateway_machines.keep(connection, row)
        gateway_states.keep(connection, "gpu", "awake", now_ms, "", {})
        gateway_states.set_permanent(connection, "gpu", True, now_ms)
        for number, (kind, admitted_ms) in enumerate((("request", now_ms), ("request", None), ("legacy", now_ms))):
            lease = Lease(str(number), "gpu", kind, "key:x", "key:x", "", now_ms, admitted_ms, now_ms + 1000)
            gateway_leases.take(connection, lease)
        asked = {"machine": "gpu", "key": "key:x", "method": "POST", "path": "/api/chat", "model": HOSTILE}
        for first_byte_ms in (40, 90, 700_000):
            gateway_history.add(
                connection,
                Request(
                    now_ms,
                    **asked,
                    status=200,
                    outcome="ok",
                    waited_ms=2_500,
                    first_byte_ms=first_byte_ms,
                    bytes_out=10,
                    prompt_tokens=3,
                    completion_tokens=7,
                ),
            )
        gateway_history.count(connection, "gpu", "wakes", {"by": "request"}, 2)
        gateway_history.count(connection, "gpu", "asleep_seconds", value=100)
        gateway_history.count(connection, "gpu", "awake_seconds", value=3_600)
        gateway_history.count(connection, "gpu", "of_a_newer_version", value=1)


def test_everything_is_there(busy: None, program: Callable[..., Any]) -> None:
    text = program("read")("/metrics").text
    gpu = {"machine": "gpu"}
    prefix = "wakeful_gateway_"
    assert sample(text, f"{prefix}machine_state", state="awake", **gpu) == 1
    assert sample(text, f"{prefix}machine_state", state="asleep", **gpu) == 0
    assert sample(text, f"{prefix}machine_state", state="awake", machine="new") == 0
    assert sample(text, f"{prefix}permanent", **gpu) == 1
    assert sample(text, f"{prefix}requests_running", **gpu) == 1
    assert sample(text, f"{prefix}requests_waiting", **gpu) == 1
    assert sample(text, f"{prefix}leases", kind="legacy", **gpu) == 1
    assert sample(text, f"{prefix}leases", kind="person", **gpu) == 0
    assert sample(text, f"{prefix}requests_total", outcome="ok", **gpu) == 3
    assert sample(text, f"{prefix}prompt_tokens_total", model=HOSTILE, **gpu) == 9
    assert sample(text, f"{prefix}completion_tokens_total", model=HOSTILE, **gpu) == 21
    assert sample(text, f"{prefix}bytes_out_total", **gpu) == 30
    assert sample(text, f"{prefix}waits_total", **gpu) == 3
    assert sample(text, f"{prefix}waited_seconds_total", **gpu) == 7.5
    assert sample(text, f"{prefix}wakes_total", by="request", **gpu) == 2
    assert sample(text, f"{prefix}awake_seconds_total", **gpu) == 3_600
    assert sample(text, f"{prefix}energy_saved_joules_total", **gpu) == 8_000
    assert "of_a_newer_version" not in text


def test_the_histogram_adds_up(busy: None, program: Callable[..., Any]) -> None:
    text = program("read")("/metrics").text
    (family,) = [
        one for one in text_string_to_metric_families(text) if one.name == "wakeful_gateway_first_byte_seconds"
    ]
    assert family.type == "histogram"
    buckets = {one.labels["le"]: one.value for one in family.samples if one.name.endswith("_bucket")}
    assert list(buckets) == [*(f"{bound:g}" for bound in FIRST_BYTE_BUCKETS), "+Inf"]
    assert (buckets["0.05"], buckets["0.1"], buckets["300"], buckets["+Inf"]) == (1, 2, 2, 3)
    assert sample(text, "wakeful_gateway_first_byte_seconds_count", machine="gpu") == 3
    assert sample(text, "wakeful_gateway_first_byte_seconds_sum", machine="gpu") == pytest.approx(700.13)


def test_without_machines_nothing_is_said() -> None:
    assert "wakeful_gateway" not in render(families(Gateway([], {}, [], []), FIRST_BYTE_BUCKETS))
