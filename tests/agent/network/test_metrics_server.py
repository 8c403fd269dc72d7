import os
import resource
import socket
import time

import pytest

from wakeful_agent.network import metrics_server
from wakeful_agent.network.metrics_server import MetricsServer, is_ours


@pytest.fixture
def server():
    made = MetricsServer("127.0.0.1", 0, lambda: "a 1\n")
    yield made
    made.close()


def ask(server, request, host="127.0.0.1"):
    with socket.create_connection((host, server.port), 5) as channel:
        channel.sendall(request)
        answer = b""
        while part := channel.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, head.decode(), body


def test_the_page_is_given_once_a_connection(server):
    for _ in range(3):
        status, head, body = ask(server, b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9100\r\n\r\n")
        assert (status, body) == (200, b"a 1\n")
        assert "Content-Type: text/plain; version=0.0.4" in head
        assert "Content-Length: 4\r\n" in head
        assert "Connection: close" in head
    assert ask(server, b"GET /metrics?x=1 HTTP/1.0\r\n\r\n")[0] == 200
    status, head, body = ask(server, b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, body) == (200, b"")
    assert "Content-Length: 4" in head


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", 405),
        (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET /metrics HTTP/1.1\r\nhOsT:evil.example:9100\r\n\r\n", 403),
        (b"GET /metrics\r\n\r\n", 400),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (b"GET /metrics HTTP/2.0\r\n\r\n", 400),
        (b"A" * metrics_server.HEAD_BYTES_MAX, 400),
    ],
)
def test_what_else_is_asked_is_refused(server, request_, status):
    found, head, body = ask(server, request_)
    assert found == status
    assert body.endswith(b"\n")
    assert ("Allow: GET, HEAD" in head) == (status == 405)
    assert ask(server, b"GET /metrics HTTP/1.1\r\n\r\n")[0] == 200, "the server goes on"


def test_who_is_slow_is_left_and_who_goes_is_forgotten(server, monkeypatch):
    monkeypatch.setattr(metrics_server, "ASKING_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), 5) as slow:
        slow.sendall(b"GET /met")
        began = time.monotonic()
        assert ask(server, b"GET /metrics HTTP/1.1\r\n\r\n")[0] == 200
        assert time.monotonic() - began < 10
        assert slow.recv(10) == b""
    socket.create_connection(("127.0.0.1", server.port), 5).close()
    assert ask(server, b"GET /metrics HTTP/1.1\r\n\r\n")[0] == 200


def test_a_shortage_of_descriptors_is_waited_out(server, monkeypatch):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        time.sleep(0.02)

    monkeypatch.setattr(metrics_server, "sleep", wait)
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as channel:
        channel.settimeout(10)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, usual[1]))
        try:
            # An accept(2) that waits has its descriptor already, and then it is the next one that gets none.
            channel.connect(("127.0.0.1", server.port))
            channel.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            end = time.monotonic() + 30
            while not waits and time.monotonic() < end:
                time.sleep(0.01)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        assert channel.recv(65_536).startswith(b"HTTP/1.1 200 ")
    assert ask(server, b"GET /metrics HTTP/1.1\r\n\r\n")[0] == 200
    assert set(waits) == {metrics_server.SHORT_SECONDS}


def test_a_page_that_fails_costs_only_itself():
    pages = iter([ZeroDivisionError, None])

    def text():
        if error := next(pages):
            raise error("secret")
        return "a 1\n"

    server = MetricsServer("127.0.0.1", 0, text)
    status, _, body = ask(server, b"GET /metrics HTTP/1.1\r\n\r\n")
    assert (status, body) == (500, b"ZeroDivisionError\n")
    assert ask(server, b"GET /metrics HTTP/1.1\r\n\r\n")[0] == 200
    server.close()


def test_it_listens_where_it_is_told_until_it_is_closed():
    server = MetricsServer("::1", 0, lambda: "")
    assert ask(server, b"GET /metrics HTTP/1.1\r\nHost: [::1]:9\r\n\r\n", "::1")[0] == 200
    with pytest.raises(OSError, match="in use"):
        MetricsServer("::1", server.port, lambda: "")
    port = server.port
    server.close()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            socket.create_connection(("::1", port), 1).close()
        except OSError:
            break
    again = MetricsServer("::1", port, lambda: "")
    again.close()
    again.close()


def test_where_others_may_ask_any_name_will_do():
    server = MetricsServer("127.0.0.1", 0, lambda: "a 1\n", any_name=True)
    assert ask(server, b"GET /metrics HTTP/1.1\r\nHost: web-1.example.org:9100\r\n\r\n")[0] == 200
    server.close()


def test_names_that_others_make_lead_here_are_refused():
    ours = [
        "",
        "localhost",
        "LocalHost:9100",
        "127.0.0.1",
        "10.1.2.3:9100",
        "[::1]:9100",
        "[fe80::1]",
        os.uname().nodename,
    ]
    assert [host for host in ours if not is_ours(host)] == []
    others = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[evil.example]", "1.2.3.4x"]
    assert [host for host in others if is_ours(host)] == []
