from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from wakeful_collector.read import events, hosts, watches

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


def _standing(state: str) -> dict[str, Any]:
    return {
        "watches": {"hash": hashlib.sha256(state.encode()).hexdigest()[:32], "body": [{"name": "w", "state": state}]}
    }


def _state(data: Path) -> str:
    [found] = watches.watches(data)
    return found.watch.state


def test_a_table_that_waited_in_the_spool_does_not_replace_a_newer_one(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    one = machine("first")
    one.push([[now_ms, [1, 2, 3, 4]]], now_ms, inventories=_standing("up"))
    old = {"id": "e1", "at": now_ms - 3_600_000, "kind": "watch.down", "subject": "w", "data": {}}
    one.push([], now_ms + 100, inventories=_standing("down"), events=[old])
    assert _state(data) == "up"


def test_a_table_of_now_replaces_the_last_one_whatever_the_clock_of_the_host(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    one, slow = machine("first"), now_ms - 3_600_000
    one.push([[slow, [1, 2, 3, 4]]], now_ms, inventories=_standing("up"))
    now = {"id": "e1", "at": slow + 5_000, "kind": "watch.down", "subject": "w", "data": {}}
    one.push([], now_ms + 5_000, inventories=_standing("down"), events=[now])
    assert _state(data) == "down"
    one.push([[slow + 15_000, [1, 2, 3, 4]]], now_ms + 15_000, inventories=_standing("up"))
    assert _state(data) == "up"
    one.push([], now_ms + 16_000, inventories=_standing("held"))
    assert _state(data) == "held"
