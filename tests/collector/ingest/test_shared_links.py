"""A link of a shared terminal in a push: whole nowhere in what is kept, and opened only by this collector."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import events, hosts, inventories, watches
from wakeful_collector.store import database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINK = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"
WRITE = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345,WritePass12345"
SERVER: dict[str, Any] = {
    "watch": "survival",
    "server": "1a2b3c4d",
    "name": "Survival",
    "state": "running",
    "console_tail": ["hello", f"\u279c Link: {LINK}"],
    "links": [{"kind": "read", "url": LINK}, {"kind": "write", "url": WRITE}, {"kind": "odd", "url": "see elsewhere"}],
}


def everything_kept(data: Path) -> bytes:
    """Return every byte of both databases, and every inventory unpacked."""
    connection = database.reader(data, "state")
    bodies = [zlib.decompress(row[0]) for row in connection.execute("SELECT body FROM inventories")]
    rows = [
        str(tuple(row))
        for table in ("events", "agents", "agent_meters", "commands", "audit")
        for row in connection.execute(f"SELECT * FROM {table}")
    ]
    return b"".join([*bodies, *(row.encode() for row in rows), *(path.read_bytes() for path in data.glob("*.db*"))])


def test_no_link_is_kept_in_clear_wherever_it_stood(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("games")
    one.push(
        [[now_ms, [1, 2, 3, 4]]],
        now_ms,
        hello={"name": "games", "uname": {"version": LINK}},
        inventories={"pterodactyl": {"hash": "h1", "body": [SERVER]}, "notes": {"hash": "h2", "body": {LINK: [LINK]}}},
        meters={"x": {"outcome": "failed", "error": f"at {LINK}"}},
        events=[{"id": "e1", "at": now_ms, "kind": "watch.down", "subject": LINK, "data": {"tail": [WRITE]}}],
        results=[{"command": "cmd-1", "state": "done", "data": {"summary": LINK}}],
    )
    kept = everything_kept(data)
    assert b"KeyKey" not in kept
    assert b"WritePass" not in kept
    assert b"https://sshx.io/s/AbCd..." in kept
    (told,) = events.events(data, one.key, kind="watch.down").events
    assert told.data == {"tail": ["https://sshx.io/s/AbCd..."]}
    assert [meter.error for meter in hosts.meters(data, one.key)] == ["at https://sshx.io/s/AbCd..."]


def test_who_may_operate_reads_it_whole_and_nobody_else(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("games")
    one.push([], now_ms, hello={}, inventories={"pterodactyl": {"hash": "h1", "body": [SERVER, {"watch": "bare"}, 7]}})
    (shown,) = watches.servers(data, reveal=False)
    assert shown.links == (
        ("read", "https://sshx.io/s/AbCd..."),
        ("write", "https://sshx.io/s/AbCd..."),
        ("odd", "..."),
    )
    (whole,) = watches.servers(data, reveal=True)
    assert whole.links == (("read", LINK), ("write", WRITE), ("odd", "see elsewhere"))
    held = inventories.body(data, one.key, "pterodactyl")
    assert held is not None
    assert held.document[0]["links"][0] == {"kind": "read", "url": "https://sshx.io/s/AbCd..."}
    assert "v1." not in json.dumps(held.document)


def test_without_its_key_a_link_stays_masked(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    machine("games").push([], now_ms, hello={}, inventories={"pterodactyl": {"hash": "h1", "body": [SERVER]}})
    (data / "vault.key").unlink()
    (shown,) = watches.servers(data, reveal=True)
    assert shown.links[0] == ("read", "https://sshx.io/s/AbCd...")


@pytest.mark.parametrize("body", ["text", {"a": 1}, [[LINK]], [{"links": [7, {"url": 7}, {"url": "x" * 600}]}]])
def test_documents_of_other_shapes_are_kept_masked(
    data: Path, machine: Callable[..., Any], now_ms: int, body: Any
) -> None:
    one = machine("games")
    one.push([], now_ms, hello={}, inventories={"pterodactyl": {"hash": "h1", "body": body}})
    assert inventories.body(data, one.key, "pterodactyl") is not None
    assert b"KeyKey" not in everything_kept(data)


def test_a_push_without_links_makes_no_key(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("web-1")
    one.push([[now_ms, [1, 2, 3, 4]]], now_ms, hello={}, inventories={"ports": {"hash": "h", "body": [443]}})
    one.push([[now_ms + 1, [1, 2, 3, 4]]], now_ms)
    assert not (data / "vault.key").exists()
