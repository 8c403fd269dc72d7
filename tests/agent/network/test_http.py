from __future__ import annotations

import hashlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

from wakeful_agent.config.address import Address, parse
from wakeful_agent.network import http, tls
from wakeful_agent.network.http import Client, Unreachable
from wakeful_wire import packing

if TYPE_CHECKING:
    from pathlib import Path

BODY = packing.pack({"sequence": 5})


def post(client: Client) -> int:
    return client.post("/x", BODY, {"X-Own": "yes"}).status


class Raw:
    """A bare TCP server: each connection is given to `serve`."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.serve = serve
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def address(self) -> Address:
        return Address("http", "127.0.0.1", self.listener.getsockname()[1], "", "")

    def _run(self) -> None:
        while True:
            try:
                channel, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(channel,), daemon=True).start()

    def _one(self, channel: socket.socket) -> None:
        try:
            with channel:
                self.serve(channel)
        except OSError:
            return


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[socket.socket], None]], Raw]]:
    made: list[Raw] = []

    def make(serve: Callable[[socket.socket], None]) -> Raw:
        made.append(Raw(serve))
        return made[-1]

    yield make
    for one in made:
        one.listener.close()


OK_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_a_request_says_who_asks_and_keeps_the_connection(door: Any) -> None:
    client = Client(parse(door.url + "/base"))
    assert post(client) == 200
    assert post(client) == 200
    assert door.connections == client.connections == 1
    request = door.requests[0]
    assert request["path"] == "/base/x"
    assert request["body"] == BODY
    assert request["headers"]["User-Agent"] == "wakeful-agent/0.1.0"
    assert request["headers"]["X-Own"] == "yes"
    assert request["headers"]["Host"] == door.url[7:]
    client.close()


def test_a_connection_the_server_ends_is_made_anew(door: Any, tools: Any) -> None:
    door.answer = lambda request: (200, {"Connection": "close"}, b"{}")
    client = Client(parse(door.url))
    assert [post(client), post(client)] == [200, 200]
    assert client.connections == 2


def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing(raw: Any) -> None:
    def once(channel: socket.socket) -> None:
        channel.recv(65536)
        channel.sendall(OK_ANSWER)

    client = Client(raw(once).address)
    assert post(client) == 200
    time.sleep(0.05)
    assert post(client) == 200
    assert client.connections == 2


def test_a_server_that_hangs_up_is_unreachable(raw: Any) -> None:
    server = raw(lambda channel: channel.recv(65536))
    with pytest.raises(Unreachable, match="without an answer"):
        post(Client(server.address))


def test_an_answer_cut_short_is_unreachable(raw: Any) -> None:
    def short(channel: socket.socket) -> None:
        channel.recv(65536)
        channel.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    with pytest.raises(Unreachable, match="before the answer was whole"):
        post(Client(raw(short).address))


def test_a_reset_in_the_middle_is_unreachable(raw: Any) -> None:
    def reset(channel: socket.socket) -> None:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with pytest.raises(Unreachable):
        post(Client(raw(reset).address))


def test_a_dripping_answer_ends_at_the_deadline(raw: Any) -> None:
    def drip(channel: socket.socket) -> None:
        channel.recv(65536)
        for _ in range(300):
            channel.sendall(b"H")
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(Unreachable, match="no answer in time"):
        post(Client(raw(drip).address, timeout_seconds=0.4))
    assert time.monotonic() - started < 12


def test_a_deadline_that_has_passed_is_said(door: Any) -> None:
    with pytest.raises(Unreachable, match="no answer in time"):
        post(Client(parse(door.url), timeout_seconds=0.0))


def test_a_waiting_request_can_be_aborted_from_outside(raw: Any) -> None:
    client = Client(raw(lambda channel: time.sleep(5)).address)
    client.abort()
    threading.Timer(0.2, client.abort).start()
    started = time.monotonic()
    with pytest.raises(Unreachable):
        post(client)
    assert time.monotonic() - started < 4.5
    client.abort()


def test_aborting_a_channel_that_is_gone_is_nothing(door: Any) -> None:
    client = Client(parse(door.url))
    post(client)
    client._channel.close()  # as when the other thread closes it between look and use
    client.abort()


def test_nobody_listens(raw: Any) -> None:
    server = raw(lambda channel: None)
    address = server.address
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()
    with pytest.raises(Unreachable, match="nobody listens there"):
        post(Client(address))


def test_a_name_that_cannot_be_looked_up() -> None:
    with pytest.raises(Unreachable, match="cannot be looked up"):
        post(Client(Address("http", "nosuch.invalid", 80, "", "")))


def test_tls_is_verified_by_a_file_of_authorities(tls_door: Any, certificate: Path) -> None:
    client = Client(parse(tls_door.url), ca_file=str(certificate / "cert.pem"))
    assert [post(client), post(client)] == [200, 200]
    assert tls_door.connections == 1
    client.close()


def test_a_stranger_is_not_trusted(tls_door: Any) -> None:
    with pytest.raises(Unreachable, match=r"not trusted.*ca_file in agent\.toml"):
        post(Client(parse(tls_door.url)))
    assert tls_door.requests == []


def test_a_name_the_certificate_does_not_hold_is_refused(tls_door: Any, certificate: Path) -> None:
    address = parse(tls_door.url)._replace(host="localhost")
    with pytest.raises(Unreachable, match="not trusted"):
        post(Client(address, ca_file=str(certificate / "cert.pem")))


def test_a_pinned_certificate_is_trusted_and_no_other(tls_door: Any, certificate: Path) -> None:
    pin = "sha256:" + hashlib.sha256((certificate / "cert.der").read_bytes()).hexdigest()
    address = parse(tls_door.url)._replace(host="localhost")
    assert post(Client(address, fingerprint=pin)) == 200
    seen = len(tls_door.requests)
    with pytest.raises(Unreachable, match="enrol again with a new invite; if not, somebody sits in between"):
        post(Client(address, fingerprint="sha256:" + "0" * 64))
    assert len(tls_door.requests) == seen


def test_plain_http_where_tls_is_meant_is_said(door: Any) -> None:
    with pytest.raises(Unreachable, match="is it an https address"):
        post(Client(parse(door.url)._replace(scheme="https")))


def test_an_authority_file_without_a_certificate_is_said(tls_door: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(Unreachable, match=r"empty\.pem cannot be used: it holds no certificate"):
        post(Client(parse(tls_door.url), ca_file=str(tmp_path / "empty.pem")))


def test_the_system_is_trusted_by_folder_or_by_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls.context(None, None).check_hostname
    (tmp_path / "01234567.0").write_text("")
    assert tls.context(None, None).verify_mode == 2


def relay(one: socket.socket, other: socket.socket) -> None:
    try:
        while block := one.recv(65536):
            other.sendall(block)
    except OSError:
        return


def test_a_proxy_is_gone_through_with_tls_to_the_other_end(raw: Any, tls_door: Any, certificate: Path) -> None:
    heard: list[bytes] = []

    def proxy(channel: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += channel.recv(1)
        heard.append(head)
        channel.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(tls_door.server_address) as other:
            threading.Thread(target=relay, args=(other, channel), daemon=True).start()
            relay(channel, other)

    by = raw(proxy).address._replace(credentials="u:p")
    client = Client(parse(tls_door.url), by, ca_file=str(certificate / "cert.pem"))
    assert post(client) == 200
    client.close()
    place = tls_door.url[8:]
    assert heard[0].startswith(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode())
    assert b"Proxy-Authorization: Basic dTpw\r\n" in heard[0]


def test_a_proxy_that_says_no_is_named(raw: Any) -> None:
    def no(channel: socket.socket) -> None:
        channel.recv(65536)
        channel.sendall(b"HTTP/1.1 407 Auth\r\n\r\n")

    server = raw(no)
    with pytest.raises(Unreachable, match=f"through the proxy {server.address.authority}.*status 407"):
        post(Client(Address("https", "::1", 443, "", ""), server.address))


def test_plain_http_goes_through_a_proxy_by_its_whole_address(raw: Any) -> None:
    heard: list[bytes] = []

    def proxy(channel: socket.socket) -> None:
        heard.append(channel.recv(65536))
        channel.sendall(OK_ANSWER)

    by = raw(proxy).address._replace(credentials="u:p")
    assert post(Client(Address("http", "far", 81, "/b", ""), by)) == 200
    assert heard[0].startswith(b"POST http://far:81/b/x HTTP/1.1\r\nHost: far:81\r\n")
    assert b"Proxy-Authorization: Basic dTpw\r\n" in heard[0]


def test_every_error_has_a_sentence() -> None:
    assert http._sentence(OSError()) == "OSError"
    assert "TLS failed" in http._sentence(__import__("ssl").SSLError("x"))
