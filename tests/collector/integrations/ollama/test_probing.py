"""Looking at a service: an Ollama as the real one behaves, and what is none."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama import probing

from ....fakes.ollama import ollama

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_MS = 1_795_000_000_000


def post(url: str, path: str, **body: object) -> None:
    urllib.request.urlopen(url + path, json.dumps(body).encode(), timeout=10).close()


def saying(talk: Callable[[socket.socket], object]) -> contextlib.AbstractContextManager[str]:
    """Give the URL of a server that does this with every connection."""
    return hearing(lambda channel, _: talk(channel))


@contextlib.contextmanager
def hearing(talk: Callable[[socket.socket, bytes], object]) -> Iterator[str]:
    """Give the URL of a server that does this with every connection and what came over it first."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    channel, _ = door.accept()
                    with channel, contextlib.suppress(OSError):
                        talk(channel, channel.recv(65_536))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)


def test_a_service_that_runs_is_up_and_is_asked_nothing_more() -> None:
    with ollama() as server:
        assert probing.is_up(server.url, "", 5) == ""
        (visit,) = server.seen()
        assert (visit.method, visit.path) == ("GET", "/")
        assert visit.header("authorization") is None
        assert probing.is_up(server.url + "/", "secret", 5) == ""
        assert server.seen()[1].header("authorization") == "Bearer secret"


def test_what_is_loaded_is_seen_and_stays_no_longer_for_it() -> None:
    with ollama() as server:
        seen = probing.get(server.url, probing.RUNNING, "", 5)
        assert probing.loaded(seen.body, NOW_MS) == ()
        post(server.url, "/api/generate", model="gem", keep_alive=30)
        post(server.url, "/api/generate", model="thinker:1b", keep_alive=-1)
        now_ms = round(time.time() * 1000)
        found = probing.loaded(probing.get(server.url, probing.RUNNING, "", 5).body, now_ms)
        assert [(one.name, one.for_ever) for one in found] == [("thinker:1b", True), ("gem:latest", False)]
        until_ms = found[1].until_ms
        assert until_ms is not None
        assert 25_000 < until_ms - now_ms <= 30_500
        assert [one.name for one in probing.loaded(probing.get(server.url, "/api/ps", "", 5).body, until_ms)] == [
            "thinker:1b"
        ]
        post(server.url, "/api/generate", model="thinker:1b", keep_alive=0)
        assert server.running() == ["gem:latest"]


@pytest.mark.parametrize(
    ("said", "until_ms"),
    [
        ("2026-11-18T14:40:00.123456789+02:00", 1_795_005_600_123),
        ("2026-11-18T12:40:00Z", 1_795_005_600_000),
        ("2026-11-18T12:40:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_are_read_as_ollama_writes_them(said: str, until_ms: int | None) -> None:
    body = json.dumps({"models": [{"name": "gem\n", "expires_at": said, "size": 1}]}).encode()
    assert probing.loaded(body, 1_795_005_599_000) == (probing.Loaded("gem?", until_ms),)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error":"no"}', b'{"models":null}', b'{"models":[7]}', b"\xff"])
def test_what_is_no_list_of_models_is_told_as_such(body: bytes) -> None:
    with pytest.raises(ValueError, match="no list of models"):
        probing.loaded(body, NOW_MS)


def test_a_model_without_a_name_or_with_another_is_a_model_all_the_same() -> None:
    body = b'{"models":[{},{"model":"m"},{"name":"a","expires_at":"9999-12-31T23:59:59.9999999-23:59"}]}'
    assert [one.name for one in probing.loaded(body, NOW_MS)] == ["", "m", "a"]


def test_a_service_that_is_no_ollama_is_up_and_one_that_starts_is_not() -> None:
    for status, up in (("401 Unauthorized", ""), ("404 Not Found", ""), ("302 Found", "")):
        answer = f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n".encode()
        with saying(lambda channel, answer=answer: channel.sendall(answer)) as url:
            assert probing.is_up(url, "", 5) == up
    with saying(lambda channel: channel.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")) as url:
        assert probing.is_up(url, "", 5) == "it answers 502"


def test_another_server_is_up_when_its_model_is_loaded() -> None:
    """llama.cpp answers 404 at `/` always, and 503 at `/health` while it loads (seen)."""
    health = "503 Service Unavailable"

    def talk(channel: socket.socket, heard: bytes) -> None:
        status = health if heard.startswith(b"GET /health ") else "404 Not Found"
        channel.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    with hearing(talk) as url:
        assert probing.is_up(url, "", 5) == "it answers 503"
        health = "200 OK"
        assert probing.is_up(url, "", 5) == ""


def test_why_it_does_not_answer_is_told() -> None:
    with ollama(asleep=True) as server:
        assert probing.is_up(server.url, "", 5) == "Connection refused"
    assert probing.is_up("http://no.such.invalid:11434", "", 5) == "its name cannot be looked up"
    with saying(lambda channel: channel.sendall(b"SSH-2.0-x\r\n")) as url:
        assert probing.is_up(url, "", 5) == "it does not speak HTTP, or broke off"
    with saying(lambda channel: channel.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")) as url:
        assert probing.is_up(url, "", 5) == "it does not speak HTTP, or broke off"
    with saying(lambda channel: channel.sendall(b"\x15\x03\x01\x00\x02\x02\x46")) as url:
        assert probing.is_up(url.replace("http", "https"), "", 5).startswith("its certificate is not trusted: ")


def test_one_that_hangs_costs_no_more_than_its_time() -> None:
    begun = time.monotonic()
    with saying(lambda channel: channel.recv(1)) as url:
        assert probing.is_up(url, "", 0.3) == "it does not answer in time"
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["chunks", "length", "end", "head", "continue"],
)
def test_one_that_drips_costs_no_more_than_its_time(head: bytes, piece: bytes) -> None:
    def drip(channel: socket.socket) -> None:
        channel.sendall(head)
        for _ in range(200):
            channel.sendall(piece)
            time.sleep(0.05)

    begun = time.monotonic()
    with saying(drip) as url:
        assert probing.is_up(url, "", 0.3) == "it does not answer in time"
        assert time.monotonic() - begun < 8


def test_one_that_pours_costs_no_more_than_its_bound() -> None:
    length = probing.BODY_BYTES_MAX + 1
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + bytes(length)
    with saying(lambda channel: channel.sendall(whole)) as url, pytest.raises(probing.Unanswered, match="more than"):
        probing.get(url, "/api/tags", "", 20)
