"""Polls of pages and tools: live while a machine is awake, from memory while it is not, and never what wakes it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import seen
from wakeful_collector.model.store_errors import StoreFull
from wakeful_collector.read import gateway

if TYPE_CHECKING:
    import pytest

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


def test_an_answer_that_stays_the_same_is_not_written_again_and_again(door: Door) -> None:
    door.ask("GET", "/ollama/api/tags")
    first = gateway.answer(door.data, "box", "/api/tags")
    time.sleep(0.01)
    door.ask("GET", "/ollama/api/tags")
    assert gateway.answer(door.data, "box", "/api/tags") == first
    door.ask("POST", "/ollama/api/copy", {"source": "gem", "destination": "second"})
    door.ask("GET", "/ollama/api/tags")
    assert gateway.answer(door.data, "box", "/api/tags") != first
    door.ask("DELETE", "/ollama/api/delete", {"model": "second"})


def test_only_good_answers_to_the_plain_question_are_kept(door: Door) -> None:
    door.ask("GET", "/ollama/api/version?odd=1")
    door.ask("HEAD", "/ollama/api/version")
    assert gateway.answer(door.data, "box", "/api/version") is None
    said = seen.Said(500, "text/plain", b"broken", 1, True)
    seen.remember(door.data, "box", "/api/version", said)
    assert gateway.answer(door.data, "box", "/api/version") is None


def test_models_whose_time_is_over_are_loaded_no_more() -> None:
    def told(*times: object) -> bytes:
        return json.dumps({"models": [{"name": str(at), "expires_at": at} for at in times], "more": 1}).encode()

    now_ms = 1_795_000_000_000
    ended, living, ever = "2026-11-01T00:00:00.123456789Z", "2026-12-24T00:00:00+01:00", "2319-01-01T00:00:00Z"
    kept = json.loads(seen._still_loaded(told(ended, living, ever, "soon"), now_ms))
    assert [model["name"] for model in kept["models"]] == [living, ever, "soon"]
    assert kept["more"] == 1
    for odd in (b"no json", b"[1]", b'{"models": 5}', b'{"models": [{}]}', b'{"other": 1}'):
        assert seen._still_loaded(odd, now_ms) == odd


def test_a_machine_that_answers_without_end_is_told_from_memory(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "BODY_BYTES_MAX", 10)
    got = door.ask("GET", "/ollama/api/tags")
    assert (got.status, got.document) == (200, {"models": []})


def test_how_often_machines_were_spoken_for_is_written_down_now_and_then(door: Door) -> None:
    counts = seen.Counts(every_seconds=1)
    for _ in range(5):
        counts.add(door.data, "box")
    assert "requestsseen" not in door.totals()
    time.sleep(1.05)
    counts.add(door.data, "box")
    assert door.totals()["requestsseen"] == 6


def test_a_poll_is_answered_though_nothing_can_be_written(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("the disk is full")

    monkeypatch.setattr(seen, "remember", full)
    assert door.ask("GET", "/ollama/api/tags").document["models"]
    assert "could not be kept" in caplog.text


def test_a_machine_that_answers_byte_by_byte_is_told_from_memory(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def dribble() -> None:
        client, _ = listener.accept()
        with client, contextlib.suppress(OSError):
            client.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            while not over.wait(0.05):
                client.sendall(b"x")

    monkeypatch.setattr(seen, "ANSWER_SECONDS", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=dribble, daemon=True).start()
        door.machine(f"http://127.0.0.1:{listener.getsockname()[1]}")
        began = time.monotonic()
        assert door.ask("GET", "/ollama/api/tags").document == {"models": []}
        assert time.monotonic() - began < 5
        over.set()
