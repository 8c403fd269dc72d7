"""One connection: believed or not, answered or not."""

import contextlib
import select
import socket
import threading
import time

import pytest

from wakeful_collector.remote import address, connection
from wakeful_collector.remote.connection import Connection, Untrusted, Way
from wakeful_collector.remote.failure import UNREACHABLE, Failure

from .counterparts import Answering, free_port, http


def ask(url, timeout_seconds=5.0, **way):
    made = Connection(Way(address.parse(url), **way), timeout_seconds)
    try:
        return made.request("GET", "/healthz", {}, None)
    finally:
        made.close()


def refused(url, timeout_seconds=5.0, **way):
    with pytest.raises(Failure) as caught:
        ask(url, timeout_seconds, **way)
    assert caught.value.exit_code == UNREACHABLE
    return caught.value


def test_a_served_collector_answers(shared):
    reply = ask(shared.url)
    assert reply.status == 200
    assert "date" in reply.headers


def test_a_kept_connection_is_used_again_and_made_anew(shared):
    made = Connection(Way(address.parse(shared.url)), 5.0)
    assert made.request("GET", "/healthz", {}, None).status == 200
    first = made._open
    assert made.request("GET", "/healthz", {}, None).status == 200
    assert made._open is first
    first.sock.shutdown(socket.SHUT_RDWR)
    assert made.request("GET", "/healthz", {}, None).status == 200
    assert made._open is not first
    made.close()


def test_a_certificate_that_nobody_vouches_for_is_not_believed(secured):
    problem = refused(secured.url)
    assert isinstance(problem, Untrusted)
    assert "--fingerprint" in problem.hint


def test_a_pinned_certificate_is_believed_and_no_other(secured, fingerprint):
    assert ask(secured.url, fingerprint=fingerprint).status == 200
    problem = refused(secured.url, fingerprint="sha256:" + "0" * 64)
    assert problem.code == "other_certificate"
    assert fingerprint in problem.message
    assert connection.shown_fingerprint(Way(address.parse(secured.url)), 5.0) == fingerprint


def test_authorities_of_a_file(secured):
    assert ask(secured.url, ca_file=secured.more["WAKEFUL_TLS_CERTIFICATE"]).status == 200
    assert refused(secured.url, ca_file="/none").code == "unreachable"


def test_nobody_there():
    url = f"http://127.0.0.1:{free_port()}"
    assert refused(url).code == "nobody_listens"
    with pytest.raises(Failure) as caught:
        connection.shown_fingerprint(Way(address.parse(url.replace("http", "https"))), 2.0)
    assert caught.value.code == "nobody_listens"
    assert refused("http://nobody.invalid").code == "unknown_name"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "hung_up"),
        (b"SSH-2.0-OpenSSH\r\n", "no_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "no_http"),
    ],
)
def test_what_does_not_speak_http(answer, code):
    with Answering(answer) as there:
        assert refused(there.url).code == code


def test_plain_http_where_tls_is_expected():
    with Answering(http("200 OK")) as there:
        assert refused(there.url.replace("http", "https")).code == "tls"


def test_patience_ends():
    with Answering(http("200 OK"), hold_seconds=1.0) as there:
        assert refused(there.url, timeout_seconds=0.2).code == "timeout"


def test_an_answer_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(connection, "ANSWER_BYTES_MAX", 100)
    with Answering(http("200 OK", "x" * 1000)) as there:
        assert refused(there.url).code == "no_http"


def test_a_slow_answer_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            channel, _ = listener.accept()
            channel.settimeout(10)
            with channel, contextlib.suppress(OSError):
                channel.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                while True:
                    channel.sendall(b"x" * connection._PIECE_BYTES)

        thread = threading.Thread(target=drip)
        thread.start()
        assert refused(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=0.3).code in {
            "timeout",
            "no_http",
        }
        thread.join()


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_an_answer_that_trickles_ends_at_the_deadline(begins):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            channel, _ = listener.accept()
            with channel, contextlib.suppress(OSError):
                channel.sendall(begins)
                for _ in range(300):  # each piece in time, all of them not
                    channel.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        assert refused(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=0.3).code == "timeout"
        assert time.monotonic() - began < 12
        thread.join()


def test_what_changes_something_is_sent_once():
    with Answering(b"") as there:
        made = Connection(Way(address.parse(there.url)), 5.0)
        with pytest.raises(Failure):
            made.request("POST", "/x", {}, b"{}")
        assert len(there.heard) == 1
        made.close()


class Proxy(Answering):
    """A proxy that opens tunnels, as CONNECT asks."""

    def _run(self):
        while True:
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            with channel, contextlib.suppress(OSError):
                asked = channel.recv(65_536)
                self.heard.append(asked)
                host, _, port = asked.split()[1].decode().rpartition(":")
                with socket.create_connection((host, int(port))) as there:
                    channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    self._pipe(channel, there)

    def _pipe(self, one, other):
        ends = {one: other, other: one}
        while True:
            for end in select.select(list(ends), [], [], 10)[0]:
                piece = end.recv(65_536)
                if not piece:
                    return
                ends[end].sendall(piece)


def test_a_proxy_opens_a_tunnel_and_reads_nothing(secured, fingerprint):
    with Proxy(b"") as proxy:
        way = {"fingerprint": fingerprint, "proxy": address.parse(proxy.url)}
        assert ask(secured.url, **way).status == 200
        assert connection.shown_fingerprint(Way(address.parse(secured.url), **{**way, "fingerprint": ""}), 5.0)
    assert proxy.heard[0].startswith(f"CONNECT 127.0.0.1:{secured.port}".encode())
    assert b"healthz" not in b"".join(proxy.heard)
    problem = refused(secured.url, **way)
    assert "through the proxy" in problem.message
