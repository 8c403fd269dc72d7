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


def test_a_machine_without_an_agent_is_woken_by_one_of_its_network(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    pi, own = machine("pi"), machine("gpu-box")
    pi.push([], now_ms, hello={"version": "1", "networks": OTHERS, "actions": [{"name": "wake"}]})
    own.push([], now_ms, hello={"version": "1", "networks": NETWORKS, "actions": [{"name": "wake"}]})
    mac = "02:00:00:00:00:77"
    plan = wake.plan_stranger(data, "gpu", mac, "198.18.1.77", own.id, {"port": 7}, now_ms)
    assert [one.id for one in plan.relays] == [pi.id], "nobody wakes himself"
    assert plan.arguments == {"mac": mac, "name": "gpu", "address": "198.18.1.77/24", "port": 7}
    forced = wake.plan_stranger(data, "gpu", mac, "", "", {"relay": pi.id}, now_ms)
    assert [one.id for one in forced.relays] == [pi.id]
    for address in ("203.0.113.9", "", "fe80::1", "nas"):
        plan = wake.plan_stranger(data, "gpu", mac, address, "", {}, now_ms)
        assert (plan.relays, plan.itself) == ((), False)
        assert "no machine that is up shares a network with gpu (none is known)" in plan.reason


def test_the_card_by_which_a_host_is_most_likely_woken(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    nas = machine("nas")
    assert wake.best_mac(data, nas.id) == ""
    wifi = {"interface": "wlan0", "kind": "physical", "mac": "02:00:00:00:00:0a", "addresses": ["198.18.1.21/24"]}
    nas.push([], now_ms, hello={"version": "1", "networks": [{**wifi, "armed": False}, *NETWORKS]})
    assert wake.best_mac(data, nas.id) == "02:00:00:00:00:01"
    assert wake.best_mac(data, "nobody") == ""
