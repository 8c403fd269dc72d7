from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.read import events, hosts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_an_older_hello_neither_renames_nor_replaces(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("first")
    one.push([[now_ms, [1, 2, 3, 4]]], now_ms, hello={"name": "second", "version": "2"})
    one.push([[now_ms - 60_000, [1, 2, 3, 4]]], now_ms, hello={"name": "older", "version": "1"})
    host = hosts.host(data, one.id)
    assert host is not None
    assert (host.name, host.version) == ("second", "2")
    renames = [event.data for event in events.events(data, one.key).events if event.kind == "host.renamed"]
    assert renames == [{"from": "first", "to": "second"}]


def test_a_hello_without_a_name_renames_nobody(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("first")
    one.push([], now_ms, hello={"version": "2"})
    one.push([], now_ms, hello={"name": "first"})
    kinds = [event.kind for event in events.events(data, one.key).events]
    assert sorted(kinds) == ["host.enrolled", "host.first_seen"]
