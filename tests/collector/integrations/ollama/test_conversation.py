"""What passes through the gateway before a fake Ollama: streams, bodies, headers, and ends of every kind."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama.upstream import Died

from .front_door import CHAT, TALK, Call, Door, until, wired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....fakes.ollama import Ollama


@contextmanager
def saying(answer: bytes, after_seconds: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A service that says the same bytes to whoever comes, and hangs up; with what it was asked."""
    heard: list[bytes] = []

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            while not heard or not heard[0].endswith(b"}"):
                heard[:] = [b"".join(heard) + client.recv(65_536)]
            time.sleep(after_seconds)
            client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join(10)


def test_a_stream_passes_line_by_line(door: Door) -> None:
    got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert got.status == 200
    assert got.headers["Content-Type"] == "application/x-ndjson"
    assert got.headers["Wakeful-State"] == "awake"
    lines = [json.loads(line) for line in got.body.splitlines()]
    assert "".join(line["message"]["content"] for line in lines) == "one two three"
    assert [piece for piece in got.pieces if piece] == got.body.splitlines(keepends=True)
    [row] = door.rows()
    assert (row.status, row.outcome, row.model, row.key, row.path) == (200, "ok", "gem", "key:laptop", "/api/chat")
    assert (row.prompt_tokens, row.completion_tokens) == (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"])
    assert (row.bytes_out, row.waited_ms) == (len(got.body), 0)
    assert row.first_byte_ms is not None
    assert door.is_idle()


def test_a_plain_answer_passes_whole(door: Door, server: Ollama) -> None:
    got = door.ask("POST", "/ollama/api/chat?x=1", {**CHAT, "stream": False})
    assert (got.status, got.document["message"]["content"]) == (200, "one two three")
    assert got.headers["Content-Length"] == str(len(got.body))
    assert door.rows()[0].completion_tokens == got.document["eval_count"]
    visit = server.seen("/api/chat")[-1]
    assert json.loads(visit.body) == {**CHAT, "stream": False}


def test_openai_and_anthropic_streams_pass(door: Door) -> None:
    got = door.ask("POST", "/ollama/v1/chat/completions", {**TALK, "stream_options": {"include_usage": True}})
    assert got.headers["Content-Type"].startswith("text/event-stream")
    assert got.headers["X-Accel-Buffering"] == "no"
    assert got.body.endswith(b"data: [DONE]\n\n")
    assert door.rows()[0].completion_tokens > 0
    got = door.ask("POST", "/ollama/v1/messages", {**TALK, "max_tokens": 50})
    assert b"event: message_stop" in got.body
    assert door.rows()[0].completion_tokens > 0


def test_what_the_upstream_must_not_hear_is_left_out(door: Door, server: Ollama) -> None:
    door.machine(server.url, secrets={"upstream_key": "of-the-machine"})
    more = {
        "HTTP_X_API_KEY": door.key,
        "HTTP_COOKIE": "wakeful=1",
        "HTTP_ORIGIN": "https://evil.example",
        "HTTP_CONNECTION": "keep-alive, X-Odd",
        "HTTP_X_ODD": "1",
        "HTTP_X_FORWARDED_FOR": "192.0.2.1",
        "HTTP_ACCEPT": "application/json",
        "HTTP_X_STAINLESS_LANG": "python",
    }
    assert door.ask("POST", "/ollama/api/show", {"model": "gem"}, **more).status == 200
    visit = server.seen("/api/show")[-1]
    assert visit.header("host") == server.url.partition("//")[2]
    assert visit.header("authorization") == "Bearer of-the-machine"
    assert (visit.header("accept"), visit.header("x-stainless-lang")) == ("application/json", "python")
    for name in ("cookie", "origin", "x-odd", "x-api-key", "x-forwarded-for", "accept-encoding", "user-agent"):
        assert visit.header(name) is None, name


def test_bodies_of_every_kind_go_through(door: Door, server: Ollama) -> None:
    blob = b"GGUF" + bytes(300_000)
    digest = "sha256:" + __import__("hashlib").sha256(blob).hexdigest()
    assert door.ask("HEAD", f"/ollama/api/blobs/{digest}").status == 404
    assert door.ask("POST", f"/ollama/api/blobs/{digest}", blob).status == 201
    assert door.ask("HEAD", f"/ollama/api/blobs/{digest}").status == 200
    environ = door.environ("POST", "/ollama/api/show", {"model": "gem"}, HTTP_TRANSFER_ENCODING="chunked")
    del environ["CONTENT_LENGTH"]
    assert door.send(environ).status == 200
    assert door.ask("POST", "/ollama/api/copy", {"source": "gem", "destination": "copied"}).status == 200
    assert door.ask("DELETE", "/ollama/api/delete", {"model": "copied"}).status == 200
    assert json.loads(server.seen("/api/delete")[-1].body) == {"model": "copied"}
    assert door.rows()[0].bytes_in == len(json.dumps({"model": "copied"}))


def test_a_stream_that_dies_ends_with_an_error_line(door: Door, server: Ollama) -> None:
    server.fail("cut", after=2)
    got = door.ask("POST", "/ollama/api/generate", {"model": "gem", "prompt": "x"})
    lines = [json.loads(line) for line in got.body.splitlines()]
    assert (got.status, got.broken) == (200, False)
    assert len(lines) == 3
    assert "box broke off" in lines[-1]["error"]
    assert door.rows()[0].outcome == "broken"
    server.fail("reset", after=2)
    got = door.ask("POST", "/ollama/v1/chat/completions", TALK)
    assert b'data: {"error":{"message":"box broke off' in got.body
    server.fail("cut", after=2)
    got = door.ask("POST", "/ollama/v1/messages", {**TALK, "max_tokens": 9})
    assert b'event: error\ndata: {"type":"error"' in got.body


def test_a_plain_answer_that_dies_is_a_502_before_its_first_byte(door: Door, server: Ollama) -> None:
    server.fail("cut")
    got = door.ask("POST", "/ollama/api/generate", {"model": "gem", "prompt": "x", "stream": False})
    assert (got.status, door.rows()[0].outcome) == (502, "broken")
    assert "box broke off" in got.document["error"]


def test_a_client_that_hangs_up_cancels_the_upstream_even_while_it_is_silent(door: Door, server: Ollama) -> None:
    for fault in ("token_seconds", "load_seconds"):
        setattr(server.manners, fault, 30.0)
        server.reboot()
        ours, theirs = wired()
        call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT, client=ours))
        thread = call.apart()
        until(lambda: server.seen("/api/chat") and not door.is_idle())
        time.sleep(0.2)
        theirs.close()
        thread.join(30)
        assert not thread.is_alive()
        assert (call.broken, door.is_idle()) == (True, True)
        assert door.rows()[0].outcome == "cancelled"
        setattr(server.manners, fault, 0.0)
        ours.close()
    assert server.wait_for("cancelled", "/api/chat")


def test_a_server_that_stops_asking_for_pieces_cancels_too(door: Door, server: Ollama) -> None:
    server.manners.token_seconds = 0.5
    call = Call(door, door.environ("POST", "/ollama/api/chat", CHAT))
    call.next()
    call.next()
    call.answer.close()  # type: ignore[attr-defined]  # it is a generator
    assert door.is_idle()
    assert (door.rows()[0].outcome, door.rows()[0].status) == ("cancelled", 200)
    assert server.wait_for("cancelled", "/api/chat")


def test_a_body_that_ends_early_ends_the_request(door: Door, server: Ollama) -> None:
    environ = door.environ("POST", "/ollama/api/blobs/sha256:" + "0" * 64, b"half")
    got = door.send({**environ, "CONTENT_LENGTH": "100"})
    assert (got.broken, got.status) == (True, 0)
    assert (door.rows()[0].outcome, door.rows()[0].status) == ("cancelled", 499)
    assert door.is_idle()


def test_a_stream_that_dies_in_the_middle_of_a_line_breaks_off(door: Door, server: Ollama) -> None:
    class Half:
        """An upstream whose last piece is half a line."""

        def __init__(self) -> None:
            self.pieces = [b'{"response":"a"}\n', b'{"resp']

        def read(self) -> bytes:
            if not self.pieces:
                raise Died("it fell")
            return self.pieces.pop(0)

    call = Call(door, door.environ("POST", "/ollama/api/generate", {"model": "gem", "prompt": "x"}))
    with pytest.MonkeyPatch.context() as changed:
        half = Half()
        changed.setattr("wakeful_collector.integrations.ollama.upstream.Upstream.read", lambda _: half.read())
        call.finish()
    assert (call.broken, call.got().body) == (True, b'{"response":"a"}\n{"resp')
    assert door.rows()[0].outcome == "broken"


def test_a_service_that_was_started_anew_is_asked_on_a_new_connection(door: Door, server: Ollama) -> None:
    for _ in range(3):
        assert door.ask("POST", "/ollama/api/show", {"model": "gem"}).status == 200
        server.shut()
        server.open()
        assert door.ask("POST", "/ollama/api/show", {"model": "gem"}).status == 200


LINES_BEGUN = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n",
        b"Content-Length: 50\r\n\r\n{}\n",
    ],
)
def test_nothing_is_added_to_an_answer_that_has_no_room_for_it(door: Door, head: bytes) -> None:
    with saying(LINES_BEGUN + head) as (url, _):
        door.machine(url)
        got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, got.broken, got.body) == (200, True, b"{}\n")
    assert door.rows()[0].outcome == "broken"


def test_where_something_may_be_said_early_the_answer_may_not_be_packed(door: Door, server: Ollama) -> None:
    packed = {"HTTP_ACCEPT_ENCODING": "gzip"}
    door.ask("POST", "/ollama/api/chat", CHAT, **packed)
    assert server.seen("/api/chat")[-1].header("accept-encoding") == "identity"
    door.ask("POST", "/ollama/api/show", {"model": "gem"}, **packed)
    assert server.seen("/api/show")[-1].header("accept-encoding") == "gzip"


def test_a_redirect_after_an_early_beginning_is_an_error_line(door: Door) -> None:
    moved = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with saying(moved, after_seconds=1.5) as (url, _):
        door.machine(url, keepalive_seconds=1)
        got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, got.document) == (200, {"error": "the service answered 307 without a word"})
