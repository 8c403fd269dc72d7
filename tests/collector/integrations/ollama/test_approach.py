"""The way to a machine that may sleep: turns, keep-alive bytes, and what is said when it does not come."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from .front_door import CHAT, TALK, Call, Door, until, wired

if TYPE_CHECKING:
    import pytest

    from ....fakes.ollama import Ollama


def test_a_request_waits_for_its_machine_with_bytes_that_keep_it_alive(door: Door, server: Ollama) -> None:
    door.machine(server.url, state="waking", keepalive_seconds=1)
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    thread = call.apart()
    until(lambda: len(call.pieces) >= 2)
    assert (call.status, call.headers["Content-Type"]) == (200, "application/x-ndjson")
    assert call.headers["Wakeful-State"] == "waking"
    door.stand("awake")
    thread.join(30)
    got = call.got()
    assert got.body.startswith(b'  {"model"')
    assert [json.loads(line) for line in got.body.splitlines()][-1]["done"]
    assert door.rows()[0].waited_ms > 1_000
    assert door.totals()["waits"] == 1


def test_events_wait_with_comments_and_a_late_error_is_an_event(door: Door, server: Ollama) -> None:
    door.machine(server.url, state="waking", keepalive_seconds=1)
    call = Call(door, door.environ("POST", "/ollama/v1/chat/completions", {**TALK, "model": "nope"}))
    thread = call.apart()
    until(lambda: len(call.pieces) >= 1)
    assert call.pieces == [b": keepalive\n\n"]
    door.stand("awake")
    thread.join(30)
    said = json.loads(call.pieces[-1].removeprefix(b"data: "))
    assert "nope" in said["error"]["message"]
    assert (door.rows()[0].outcome, door.rows()[0].status) == ("refused", 404)


def test_a_plain_request_waits_in_silence_where_nothing_else_was_set(door: Door, server: Ollama) -> None:
    door.machine(server.url, state="waking", keepalive_seconds=1)
    quiet = Call(door, door.environ("POST", "/ollama/api/chat", {**CHAT, "stream": False}))
    thread = quiet.apart()
    time.sleep(1.5)
    assert quiet.pieces == []
    door.machine(server.url, state="waking", keepalive_seconds=1, keepalive_plain=True)
    loud = Call(door, door.environ("POST", "/ollama/api/chat", {**CHAT, "stream": False}))
    other = loud.apart()
    until(lambda: loud.pieces == [b" "])
    door.stand("awake")
    thread.join(30)
    other.join(30)
    assert quiet.got().document["done"]
    assert loud.got().document["done"]
    assert "Content-Length" not in loud.headers


def test_a_machine_that_never_shows_is_a_504_with_its_reason(door: Door, server: Ollama) -> None:
    door.stand("unreachable", "no answer within 180 s", cool_ms=int(time.time() * 1000) + 60_000, probed_ms=1)
    got = door.ask("POST", "/ollama/v1/chat/completions", CHAT)
    assert (got.status, "no answer within 180 s" in got.document["error"]["message"]) == (504, True)
    assert 0 < int(got.headers["Retry-After"]) <= 60
    assert door.rows()[0].outcome == "not_awake"


def test_a_machine_that_fails_while_one_waits_is_an_error_line_after_the_first_byte(door: Door, server: Ollama) -> None:
    door.machine(server.url, state="waking", keepalive_seconds=1)
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    thread = call.apart()
    until(lambda: len(call.pieces) >= 1)
    door.stand("unreachable", "no answer", cool_ms=int(time.time() * 1000) + 60_000, probed_ms=1)
    thread.join(30)
    assert json.loads(call.got().body)["error"].startswith("no answer")
    assert door.rows()[0].status == 504


def test_a_client_that_hangs_up_while_it_waits_leaves_the_queue(door: Door, server: Ollama) -> None:
    door.stand("waking")
    ours, theirs = wired()
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT, client=ours))
    thread = call.apart()
    until(lambda: not door.is_idle())
    theirs.close()
    thread.join(30)
    assert (call.broken, door.is_idle(), door.rows()[0].status) == (True, True, 499)
    ours.close()


def test_a_full_queue_is_a_503(door: Door, server: Ollama) -> None:
    door.machine(server.url, state="waking", queue=1)
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    thread = call.apart()
    until(lambda: not door.is_idle())
    got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, "Retry-After" in got.headers) == (503, True)
    door.stand("awake")
    thread.join(30)
    assert call.got().status == 200


def test_a_machine_said_to_be_awake_that_takes_no_connection_is_waited_for(door: Door, server: Ollama) -> None:
    server.shut()
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    thread = call.apart()
    time.sleep(0.7)
    door.stand("waking")
    time.sleep(0.7)
    server.open()
    door.stand("awake")
    thread.join(30)
    assert call.got().status == 200
    assert door.rows()[0].waited_ms > 1_000


def test_what_listens_while_a_machine_boots_is_not_asked_before_it_is_awake(door: Door, server: Ollama) -> None:
    """A proxy that answers 502, a model that still loads: the port says nothing."""
    before = len(server.seen("/api/chat"))
    server.shut()
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    thread = call.apart()
    time.sleep(0.7)
    door.stand("waking")
    time.sleep(0.7)
    server.open()
    time.sleep(1.2)
    assert len(server.seen("/api/chat")) == before
    door.stand("awake")
    thread.join(30)
    assert call.got().status == 200


def test_a_service_that_stays_shut_is_a_502_and_a_machine_that_fell_a_504(
    door: Door, server: Ollama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wakeful_collector.integrations.ollama.approach.PATIENCE_SECONDS", 0.2)
    server.shut()
    got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, door.rows()[0].outcome) == (502, "unsent")
    assert "Connection refused" in got.document["error"]
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    monkeypatch.setattr("wakeful_collector.integrations.ollama.approach.PATIENCE_SECONDS", 60)
    thread = call.apart()
    time.sleep(0.3)
    door.stand("unreachable", "its plug was pulled")
    thread.join(30)
    assert (call.got().status, door.rows()[0].outcome) == (504, "not_awake")
    assert "its plug was pulled" in call.got().document["error"]
    server.open()


def test_a_model_that_takes_long_to_load_is_waited_for_with_keep_alive_bytes(door: Door, server: Ollama) -> None:
    server.manners.load_seconds = 2.5
    door.machine(server.url, keepalive_seconds=1)
    got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert got.pieces[:2] == [b" ", b" "]
    assert json.loads(got.body.splitlines()[-1])["done"]
