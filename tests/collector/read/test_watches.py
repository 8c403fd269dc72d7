"""What the fleet keeps alive, read from what its machines said last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.read import watches
from wakeful_collector.store import agents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_watches_of_all_hosts_and_of_one(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one, two, three = machine("a"), machine("b"), machine("c")
    said = [{"name": "z", "kind": "unit", "state": "up"}, {"name": "a", "kind": "tcp", "state": "down"}]
    one.push([], now_ms, hello={}, inventories={"watches": {"hash": "h", "body": said}})
    two.push([], now_ms + 5, hello={}, inventories={"watches": {"hash": "h", "body": said[:1]}})
    three.push([], now_ms, hello={}, inventories={"watches": {"hash": "h", "body": {"not": "a list"}}})
    found = watches.watches(data)
    assert [(each.host_key, each.watch.name) for each in found] == [(one.key, "a"), (one.key, "z"), (two.key, "z")]
    assert [(each.at_ms, each.watch.state) for each in watches.watches(data, two.key)] == [(now_ms + 5, "up")]
    assert watches.watches(data, three.key) == []
    key = two.key
    with changing(data) as connection:
        agents.forget(connection, two.id, now_ms)
    assert key not in {each.host_key for each in watches.watches(data)}


def test_servers_of_one_host(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one, two = machine("a"), machine("b")
    for host in (one, two):
        body = [{"watch": "w", "server": host.id, "name": "n", "state": "running", "links": []}]
        host.push([], now_ms, hello={}, inventories={"pterodactyl": {"hash": "h", "body": body}})
    assert len(watches.servers(data, reveal=True)) == 2
    assert [each.server.server for each in watches.servers(data, reveal=False, host_key=two.key)] == [two.id]
