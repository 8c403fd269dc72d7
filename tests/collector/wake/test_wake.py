from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import wake
from wakeful_collector.wake import sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NETWORKS = [{"interface": "eth0", "kind": "physical", "mac": "02:00:00:00:00:01", "addresses": ["198.18.1.20/24"]}]
OTHERS = [{"interface": "eth0", "kind": "physical", "mac": "02:00:00:00:00:02", "addresses": ["198.18.1.5/24"]}]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the collector stand in no network: what is planned here is not sent."""
    monkeypatch.setattr(sending, "own", list)


def test_a_machine_that_sleeps_is_woken_by_one_that_is_up(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    nas, pi, laptop = machine("nas"), machine("pi"), machine("laptop")
    day_ms = 86_400_000
    nas.push([], now_ms - day_ms, hello={"version": "1", "networks": NETWORKS})
    pi.push([], now_ms, hello={"version": "1", "networks": OTHERS, "actions": [{"name": "wake"}]})
    laptop.push([], now_ms - day_ms, hello={"version": "1", "networks": OTHERS, "actions": [{"name": "wake"}]})
    plan = wake.plan(data, nas.id, {"wait_seconds": 30}, now_ms)
    assert [(one.id, one.name) for one in plan.relays] == [(pi.id, "pi")], "the laptop sleeps too"
    assert plan.arguments == {
        "mac": "02:00:00:00:00:01",
        "name": "nas",
        "address": "198.18.1.20/24",
        "wait_seconds": 30,
    }
    assert "198.18.1.0/24" in wake.plan(data, pi.id, {}, now_ms + day_ms).reason, "nobody is up"
    assert wake.plan(data, "nobody", {}, now_ms).reason == "there is no such host"


def test_a_machine_does_not_wake_itself(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    pi = machine("pi")
    pi.push([], now_ms, hello={"version": "1", "networks": OTHERS, "actions": [{"name": "wake"}]})
    assert wake.plan(data, pi.id, {}, now_ms).relays == ()
