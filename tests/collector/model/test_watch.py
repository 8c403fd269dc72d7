"""Watches and servers as machines say them, read with care."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.model.watch import PER_HOST_MAX, Link, servers, watches, without_sealed

WATCH: dict[str, Any] = {
    "name": "survival", "kind": "pterodactyl", "state": "down", "phase": "backing_off", "since_ms": 1_795_000_000_000,
    "attempts": 2, "of": 5, "until_ms": 1_795_000_020_000, "flapping": True, "incident": "i1",
    "next_ms": 1_795_000_010_000, "detail": "offline", "paused": False, "dry_run": True,
    "data": {"a": 1},
}  # fmt: skip
SERVER: dict[str, Any] = {
    "watch": "survival", "server": "1a2b3c4d", "name": "Survival", "node": "n1", "state": "running",
    "resources": {"memory_bytes": 5, "cpu_absolute": 1.5, "state": "running", "nested": {"no": 1}, "flag": True,
                  "disk_bytes": 10**400},
    "console_tail": ["one", 7, "two"], "links": [{"kind": "read", "url": "https://x/s/ab...", "sealed": "v1.x"}],
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def test_a_watch_is_read_whole() -> None:
    (found,) = watches([WATCH])
    assert (found.name, found.kind, found.state, found.phase) == ("survival", "pterodactyl", "down", "backing_off")
    assert (found.since_ms, found.attempts, found.next_ms) == (1_795_000_000_000, 2, 1_795_000_010_000)
    assert (found.of, found.until_ms, found.flapping, found.incident) == (5, 1_795_000_020_000, True, "i1")
    assert (found.detail, found.paused, found.dry_run, found.data) == ("offline", False, True, {"a": 1})


def test_what_does_not_fit_is_empty_not_an_error() -> None:
    (found,) = watches([{"name": "x", "since_ms": True, "attempts": -1, "next_ms": 1e300, "detail": 7, "data": []}])
    assert (found.since_ms, found.attempts, found.next_ms, found.detail, found.data) == (None, 0, None, "", {})
    assert watches([{"kind": "no name"}, "text", None]) == []
    assert watches({"not": "a list"}) == []
    assert len(watches([{**WATCH, "name": str(number)} for number in range(PER_HOST_MAX + 5)])) == PER_HOST_MAX


def test_a_server_is_read_whole() -> None:
    (found,) = servers([SERVER])
    assert (found.watch, found.server, found.name, found.state) == ("survival", "1a2b3c4d", "Survival", "running")
    assert found.node == "n1"
    assert found.resources == {"memory_bytes": 5, "cpu_absolute": 1.5, "state": "running"}
    assert found.console_tail == ("one", "", "two")
    assert found.links == (Link("read", "https://x/s/ab...", "v1.x"),)
    assert servers([{**SERVER, "console_tail": "one\ntwo", "links": None}])[0].console_tail == ("one", "two")
    assert servers([{"watch": "x"}]) == []


def test_what_everybody_may_read_has_nothing_sealed() -> None:
    assert without_sealed([SERVER])[0]["links"] == [{"kind": "read", "url": "https://x/s/ab..."}]
    assert without_sealed([{"watch": "x"}, 7]) == [{"watch": "x"}, 7]
    assert without_sealed("text") == "text"


@given(JSON)
def test_nothing_a_machine_says_raises(document: Any) -> None:
    for said in (
        document,
        [document],
        [{**SERVER, "links": document, "resources": document, "console_tail": document}],
    ):
        assert isinstance(watches(said), list)
        assert isinstance(servers(said), list)
        without_sealed(said)
