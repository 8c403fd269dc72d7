"""The fake Ollama's `/v1` against the facts, by the official `openai` client; its guards, and how it reads the wire."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING

import pytest

from .ollama.guard import allowed_host, allowed_origin
from .ollama_clients import Hand, ask, native
from .ollama_v1_suite import V1Suite

if TYPE_CHECKING:
    from .ollama import Ollama


@pytest.fixture
def hand(upstream: Ollama) -> Hand:
    return Hand(upstream.url)


class TestV1(V1Suite):
    pass


# The guards.


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:11434", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:11434", True),
        ("10.1.2.3", True),
        ("192.168.1.9:80", True),
        ("0.0.0.0", True),
        ("box.local", True),
        ("box.internal:11434", True),
        ("a.localhost", True),
        (socket.gethostname(), True),
        ("", True),
        ("8.8.8.8", False),
        ("wakeful.example.org", False),
        ("collector:8800", False),
        ("localhost.example.org", False),
    ],
)
def test_hosts(upstream: Ollama, host: str, allowed: bool) -> None:
    assert allowed_host(host) is allowed
    answer = ask(upstream.url, "GET", "/api/tags", headers={"Host": host})
    assert answer.status == (200 if allowed else 403)
    assert allowed or answer.body == b""


def test_a_server_that_listens_everywhere_looks_at_no_host(upstream: Ollama) -> None:
    upstream.hostname = "0.0.0.0"
    assert ask(upstream.url, "GET", "/api/tags", headers={"Host": "wakeful.example.org"}).status == 200


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost", True),
        ("https://127.0.0.1:3000", True),
        ("app://obsidian.md", True),
        ("vscode-webview://abc", True),
        ("http://wakeful.example.org", False),
        ("null", False),
        ("http://localhost.example.org", False),
    ],
)
def test_origins(upstream: Ollama, origin: str, allowed: bool) -> None:
    answer = ask(upstream.url, "POST", "/api/show", {"model": "gem"}, {"Origin": origin})
    assert (answer.status, allowed or answer.body) == ((200, True) if allowed else (403, b""))


def test_the_origin_of_its_own_page(upstream: Ollama) -> None:
    assert allowed_origin("http://box.local:11434", "box.local:11434")
    preflight = {"Origin": "http://localhost", "Access-Control-Request-Method": "POST"}
    answer = ask(upstream.url, "OPTIONS", "/api/chat", headers=preflight)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "http://localhost")


# How it reads the wire.


def test_what_is_no_request(upstream: Ollama) -> None:
    lines = (
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n",
        b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    for text in lines:
        with socket.create_connection(("127.0.0.1", upstream.port), 5) as channel:
            channel.sendall(text)
            assert channel.recv(100).startswith(b"HTTP/1.1 400 "), text


def test_a_client_that_waits_to_be_asked_for_its_body(upstream: Ollama) -> None:
    with socket.create_connection(("127.0.0.1", upstream.port), 5) as channel:
        head = b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\nExpect: 100-continue\r\n\r\n"
        channel.sendall(head)
        assert channel.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        channel.sendall(b'{"model":"gem"}')
        assert channel.recv(100).startswith(b"HTTP/1.1 200 ")
        channel.sendall(head.replace(b"/show", b"/nowhere"))
        visit = upstream.wait_for("served", "/api/nowhere")[0]
    assert (visit.status, visit.body_bytes) == (404, 0)


def test_one_connection_serves_many(upstream: Ollama) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=5)
    for _ in range(3):
        connection.request("POST", "/api/show", json.dumps({"model": "gem"}))
        assert connection.getresponse().read()
    channel = connection.sock
    assert channel is not None
    assert upstream.turning.run(lambda: len(upstream.connections)) == 1
    connection.close()


def test_a_frozen_machine(upstream: Ollama) -> None:
    upstream.freeze()
    with pytest.raises(TimeoutError):
        ask(upstream.url, "GET", "/", seconds=0.3)
    upstream.thaw()
    assert native(upstream.url).list().models
