"""Guests that run an agent, and how much memory they use by which evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.estate import Guest, Usage
from wakeful_collector.read import proxmox_hosts
from wakeful_collector.read.proxmox_hosts import Memory, memory
from wakeful_collector.store import proxmox_joins
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_joins import Join

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GIB = 1024**3
SERIES = [["system.memory.limit", {}], ["system.memory.available", {}]]


def guest(kind: str = "qemu", **more: Any) -> Guest:
    return Guest("home", 100, kind, status=more.pop("status", "running"), memory_bytes=8 * GIB, **more)


@pytest.mark.parametrize(
    ("one", "inside", "found"),
    [
        (guest(), (GIB, 4 * GIB), Memory(GIB, 4 * GIB, "agent")),
        (guest(balloon_memory_bytes=5), None, Memory(3 * GIB, 8 * GIB, "balloon")),
        (guest("lxc"), None, Memory(3 * GIB, 8 * GIB, "cgroup")),
        (guest(), None, Memory(3 * GIB, 8 * GIB, "poll")),
        (guest(status="stopped"), (GIB, 4 * GIB), None),
        (guest(status="unknown"), None, None),
    ],
)
def test_the_best_evidence_there_is(one: Guest, inside: tuple[int, int] | None, found: Memory | None) -> None:
    assert memory(one, Usage(memory_bytes=3 * GIB), inside) == found


def test_without_figures_nothing_is_said() -> None:
    assert memory(guest(), None) is None
    assert memory(guest(), Usage()) is None


def test_each_source_says_what_it_counts() -> None:
    assert "page cache is not counted" in Memory(1, 2, "agent").note
    assert all(Memory(1, 2, source).note for source in ("balloon", "cgroup", "poll"))


def test_what_the_agent_measured_counts_while_it_is_fresh(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    agent = machine("web")
    agent.push([[now_ms, [8.0 * GIB, 6.0 * GIB]]], now_ms, SERIES)
    with changing(data) as connection:
        proxmox_joins.keep(connection, "home", [Join("home", "qemu/100", "web", agent.id, "its card")])
    usage = {"qemu/100": Usage(memory_bytes=7 * GIB)}

    def source(at_ms: int) -> Memory:
        return proxmox_hosts.memories(data, "home", [guest()], usage, at_ms)["qemu/100"]

    assert source(now_ms + 1_000) == Memory(2 * GIB, 8 * GIB, "agent")
    assert source(now_ms + 600_000) == Memory(7 * GIB, 8 * GIB, "poll")
    assert proxmox_hosts.guest_of_host(data, agent.id) == Join("home", "qemu/100", "web", agent.id, "its card")
    assert proxmox_hosts.guest_of_host(data, "none") is None


def test_machines_by_what_they_tell_of_themselves(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    agent = machine("web")
    network = [
        {"name": "lo", "kind": "loopback", "mac": "00:00:00:00:00:00", "addresses": ["127.0.0.1/8"]},
        {"name": "eth0", "kind": "ether", "mac": "BC:24:11:00:00:01", "addresses": ["10.0.0.5/24", "fe80::1/64"]},
        {"name": "odd", "mac": None, "addresses": "odd"},
        "odd",
    ]
    agent.push([[now_ms, [1, 1]]], now_ms, SERIES, inventories={"network": {"hash": "h", "body": network}})
    machine("bare")

    found = {one.reported_name: one for one in proxmox_hosts.machines(data)}
    assert "bc:24:11:00:00:01" in found["web"].macs
    assert found["web"].addresses == {"10.0.0.5"}
    assert (found["bare"].macs, found["bare"].addresses) == (frozenset(), frozenset())
    assert found["bare"].machine_id == "machine"
