"""Polls of pages and tools: live while a machine is awake, from memory while it is not, and never what wakes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ....fakes.ollama import Ollama
    from .front_door import Door


def test_polls_are_answered_live_while_awake_and_from_memory_while_not(door: Door, server: Ollama) -> None:
    polled = ["/api/version", "/api/tags", "/api/ps", "/v1/models", "/"]
    live = {path: door.ask("GET", f"/ollama{path}") for path in polled}
    assert {got.status for got in live.values()} == {200}
    assert live["/api/tags"].document["models"]
    door.stand("asleep")
    asked = len(server.seen("/api/tags"))
    for path, before in live.items():
        got = door.ask("GET", f"/ollama{path}")
        assert (got.status, got.body) == (200, before.body), path
        assert (got.headers["Wakeful-State"], got.headers["Content-Type"]) == ("asleep", before.headers["Content-Type"])
        assert "Wakeful-Seen" in got.headers
        head = door.ask("HEAD", f"/ollama{path}")
        assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(before.body)))
    assert len(server.seen("/api/tags")) == asked
    assert door.rows() == []
    assert door.is_idle()


def test_a_machine_that_was_never_seen_has_an_answer_too(door: Door, server: Ollama) -> None:
    door.machine(server.url, name="new", state="asleep")
    assert door.ask("GET", "/ollama/new/api/tags").document == {"models": []}
    assert door.ask("GET", "/ollama/new").body == b"Ollama is running"
    assert "Wakeful-Seen" not in door.ask("GET", "/ollama/new/v1/models").headers


def test_a_machine_that_fell_between_two_looks_is_told_from_memory(door: Door, server: Ollama) -> None:
    tags = door.ask("GET", "/ollama/api/tags")
    server.shut()
    assert door.ask("GET", "/ollama/api/tags").body == tags.body
    server.open()
