from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any, Callable

import pytest

from wakeful_agent.host.errors import Absent, HostError, Late, Malformed
from wakeful_agent.network.fetch import fetch

if TYPE_CHECKING:
    import socket
    from pathlib import Path


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {text}" for name, text in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_a_page(answered: Callable[..., Any]) -> None:
    end = answered(http(b"hello", Server="x"))
    found = fetch(f"http://{end.address}/a?b", headers={"X-Own": "1", "Host": "ours alone"})
    assert (found.status, found.body, found.headers["server"]) == (200, b"hello", "x")
    assert 0 < found.seconds < 5
    assert found.certificate_expires_ms is None
    lines = end.asked[0].decode().split("\r\n")
    assert lines[0] == "GET /a?b HTTP/1.1"
    assert f"Host: {end.address}" in lines
    assert "X-Own: 1" in lines
    assert "Connection: close" in lines
    assert "ours alone" not in end.asked[0].decode()


def test_a_body_and_an_answer_without_one(answered: Callable[..., Any]) -> None:
    end = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    assert fetch(f"http://{end.address}", method="HEAD").body == b""
    end = answered(http(b""))
    fetch(f"http://{end.address}", method="POST", body=b"{}")
    assert end.asked[0].endswith(b"Content-Length: 2\r\n\r\n{}")


def test_over_a_unix_socket(answered: Callable[..., Any], tmp_path: Path) -> None:
    end = answered(http(b"[]"), "unix")
    path = end.listener.getsockname()
    assert fetch("http://docker/containers/json", socket_path=path).body == b"[]"
    assert b"Host: docker\r\n" in end.asked[0]
    with pytest.raises(Absent, match="there is no socket"):
        fetch("http://docker/", socket_path=str(tmp_path / "nobody"))


def test_tls_tells_when_the_certificate_ends(answered: Callable[..., Any], certificate: Path) -> None:
    end = answered(http(b"ok"), "tls")
    found = fetch(f"https://{end.address}/", ca_file=str(certificate / "cert.pem"))
    assert found.certificate_expires_ms is not None
    assert 0 < found.certificate_expires_ms / 1000 - time.time() < 90_000
    with pytest.raises(HostError, match="is not trusted"):
        fetch(f"https://{end.address}/")


def test_redirects_are_followed_as_far_as_asked(answered: Callable[..., Any]) -> None:
    other = answered(http(b"there"))
    moved = answered(http(b"", "302 Found", Location=f"http://{other.address}/x"))
    secret = {"Authorization": "Bearer s3cret"}
    assert fetch(f"http://{moved.address}/", headers=secret).status == 302
    assert fetch(f"http://{moved.address}/", method="POST", body=b"x", headers=secret, redirects=1).body == b"there"
    assert other.asked[0].startswith(b"GET /x ")
    assert b"s3cret" in moved.asked[1]
    assert b"s3cret" not in other.asked[0]
    round_and_round = answered(lambda _: http(b"", "301 Moved", Location="/again"))
    assert fetch(f"http://{round_and_round.address}/", headers=secret, redirects=3).status == 301
    assert len(round_and_round.asked) == 4
    assert b"s3cret" in round_and_round.asked[3]
    nowhere = answered(http(b"", "301 Moved", Location="file:///etc/shadow"))
    with pytest.raises(Malformed, match="http:// or https://"):
        fetch(f"http://{nowhere.address}/", redirects=1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0\1\2garbage\n" * 9,
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        gzip.compress(b"x", mtime=0),
    ],
)
def test_what_is_no_answer(answered: Callable[..., Any], answer: bytes) -> None:
    with pytest.raises(Malformed, match=r"^127\.0\.0\.1:\d+: "):
        fetch(f"http://{answered(answer).address}/")


def test_an_answer_without_end_is_stopped_at_its_bound(served: Callable[..., Any]) -> None:
    def flood(channel: socket.socket) -> None:
        channel.recv(1000)
        channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            channel.sendall(b"x" * 10_000)

    with pytest.raises(Malformed, match="has more than 50000 bytes"):
        fetch(f"http://{served(flood).address}/", most=50_000)


def test_an_answer_that_drips_is_stopped_at_its_time(served: Callable[..., Any]) -> None:
    def drip(channel: socket.socket) -> None:
        channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            channel.sendall(b"x")
            time.sleep(0.05)

    begun = time.monotonic()
    with pytest.raises(Late, match="does not answer within"):
        fetch(f"http://{served(drip).address}/", timeout_seconds=0.3)
    assert time.monotonic() - begun < 15


def test_nothing_can_be_smuggled_into_a_request(answered: Callable[..., Any]) -> None:
    end = answered(http(b""))
    for headers in ({"X": "a\r\nY: b"}, {"X\nY": "a"}, {"X": "\u00fc"}):
        with pytest.raises(HostError, match="what no header can hold"):
            fetch(f"http://{end.address}/", headers=headers)
    with pytest.raises(Malformed):
        fetch(f"http://{end.address}/a\r\nX: y")
    assert end.asked == [b"", b"", b""] or not any(end.asked)
