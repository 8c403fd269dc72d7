"""The way to a machine's service, against servers that behave, die, and say nothing."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import probing, upstream
from wakeful_collector.integrations.ollama.idle_connections import IdleConnections
from wakeful_collector.integrations.ollama.upstream import Died, Unreached, Upstream
from wakeful_collector.serving import certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextlib.contextmanager
def service(behave: Callable[[socket.socket], object]) -> Iterator[str]:
    """Run a server that does with each connection as it is told; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                behave(client)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)


def said(*parts: bytes, pause: float = 0.0) -> Callable[[socket.socket], None]:
    def behave(client: socket.socket) -> None:
        client.recv(65_536)
        for part in parts:
            client.sendall(part)
            time.sleep(pause)

    return behave


def asked(url: str, **more: object) -> Upstream:
    made = Upstream(url)
    made.connect(5)
    made.send("GET", "/", {"Host": made.host}, **more)  # type: ignore[arg-type]  # what a test hands on
    return made


def whole(made: Upstream) -> list[bytes]:
    pieces = []
    while piece := made.read():
        pieces.append(piece)
    made.close()
    return pieces


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_pieces_come_as_they_come() -> None:
    taken = threading.Semaphore(0)

    def behave(client: socket.socket) -> None:
        client.recv(65_536)
        for part in (CHUNKED, b"5\r\nfirst\r\n", b"6\r\nsec", b"ond\r\n", b"0\r\n\r\n"):
            client.sendall(part)
            assert taken.acquire(timeout=10)

    with service(behave) as url:
        made = asked(url)
        assert made.answer().status == 200
        taken.release()
        for piece in (b"first", b"sec", b"ond"):
            assert made.read() == piece
            taken.release()
        assert made.read() == b""
        taken.release()
        made.close()


def test_an_answer_with_a_length_and_one_that_ends_with_its_connection() -> None:
    with service(said(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour")) as url:
        made = asked(url)
        made.answer()
        assert b"".join(whole(made)) == b"four"
    with service(said(b"HTTP/1.0 200 OK\r\n\r\n", b"until the end")) as url:
        made = asked(url)
        made.answer()
        assert b"".join(whole(made)) == b"until the end"


@pytest.mark.parametrize(
    "cut",
    [
        CHUNKED + b"5\r\nfirst\r\n",
        CHUNKED + b"5\r\nfirst\r\n6\r\nse",
        b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nfirst",
        CHUNKED + b"5\r\nfirst\r\nnonsense\r\n",
    ],
)
def test_an_answer_that_ends_before_its_end_is_dead(cut: bytes) -> None:
    with service(said(cut)) as url:
        made = asked(url)
        made.answer()
        with pytest.raises(Died):
            whole(made)


@pytest.mark.parametrize("first", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n"])
def test_what_is_no_answer_is_dead_from_the_start(first: bytes) -> None:
    with service(said(first)) as url:
        made = asked(url)
        with pytest.raises(Died):
            made.answer()
        made.close()


def test_nothing_is_read_before_there_is_an_answer() -> None:
    with pytest.raises(Died):
        Upstream("http://127.0.0.1:1").read()


def test_it_is_ready_once_the_answer_begins() -> None:
    def behave(client: socket.socket) -> None:
        client.recv(65_536)
        time.sleep(0.3)
        client.sendall(CHUNKED + b"0\r\n\r\n")

    with service(behave) as url:
        made = asked(url)
        assert not made.is_ready(0.05)
        assert made.is_ready(5)
        assert made.answer().status == 200
        made.close()
    assert Upstream(url).is_ready(0)


def test_abort_wakes_whoever_waits_and_the_service_sees_it() -> None:
    seen = threading.Event()

    def behave(client: socket.socket) -> None:
        client.recv(65_536)
        if not client.recv(1):
            seen.set()

    with service(behave) as url:
        made = asked(url)
        threading.Timer(0.2, made.abort).start()
        began = time.monotonic()
        with pytest.raises(Died):
            made.answer()
        assert time.monotonic() - began < 5
        assert seen.wait(30)
        made.close()
        made.abort()


def test_abort_before_the_connection_is_there_ends_it_at_once() -> None:
    with service(said(CHUNKED + b"0\r\n\r\n")) as url:
        made = Upstream(url)
        made.abort()
        made.connect(5)
        with pytest.raises(Died):
            made.send("POST", "/", {}, iter([b"x" * 100_000] * 20), None)
        made.close()


def test_a_body_goes_as_it_comes_with_its_length_or_in_chunks() -> None:
    seen: list[bytes] = []

    def behave(client: socket.socket) -> None:
        content = b""
        client.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            while True:
                content += client.recv(65_536)
        seen.append(content)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with service(behave) as url:
        for length in (7, None):
            made = asked(url, body=iter([b"abc", b"defg"]), length_bytes=length)
            assert made.answer().status == 200
            made.close()
    assert b"Content-Length: 7\r\n" in seen[0]
    assert seen[0].endswith(b"\r\n\r\nabcdefg")
    assert b"Transfer-Encoding: chunked\r\n" in seen[1]
    assert seen[1].endswith(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
    assert b"User-Agent" not in seen[0] + seen[1]


def test_who_answers_before_it_has_read_everything_is_heard() -> None:
    def behave(client: socket.socket) -> None:
        client.recv(1_000)
        client.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        client.shutdown(socket.SHUT_WR)
        time.sleep(0.3)

    with service(behave) as url:
        made = asked(url, body=iter([b"x" * 65_536] * 200), length_bytes=200 * 65_536)
        assert made.answer().status == 413
        assert whole(made) == [b"big"]


def test_a_fault_in_the_body_is_the_callers_own() -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise KeyError("the caller's")

    with service(said(b"")) as url, pytest.raises(KeyError):
        asked(url, body=failing())


def test_where_nobody_listens_the_reason_is_said_in_few_words() -> None:
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{shut.getsockname()[1]}"
        with pytest.raises(Unreached, match=r"^Connection refused$"):
            Upstream(url).connect(5)


def test_an_address_that_is_for_nobody_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "refusal", lambda *_, **__: "169.254.1.1 is a link-local address")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Upstream(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Unreached, match="link-local"):
            made.connect(5)


def test_who_takes_no_connection_in_time_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(address)
        with pytest.raises(Unreached, match="no answer in time"):
            Upstream(f"http://127.0.0.1:{address[1]}").connect(0.3)
        for one in crowd:
            one.close()


def test_a_limit_ends_a_silence() -> None:
    with service(said(CHUNKED, pause=2)) as url:
        made = asked(url)
        made.limit(0.2)
        made.answer()
        with pytest.raises(Died):
            made.read()
        made.close()


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    certified = certificate.self_signed(tmp_path, ["localhost"], clock.now_ms())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certified)

    def behave(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as safe:
            said(CHUNKED + b"2\r\nok\r\n0\r\n\r\n")(safe)

    with service(behave) as url:
        with pytest.raises(Unreached, match=r"CERTIFICATE_VERIFY_FAILED|self.signed"):
            Upstream(url.replace("http://127.0.0.1", "https://localhost")).connect(5)
        with pytest.MonkeyPatch.context() as changed:
            changed.setenv("SSL_CERT_FILE", str(certified[0]))
            made = asked(url.replace("http://127.0.0.1", "https://localhost"))
            assert made.answer().status == 200
            assert whole(made) == [b"ok"]


def test_a_pinned_certificate_is_trusted_and_no_other(tmp_path: Path) -> None:
    certified = certificate.self_signed(tmp_path, ["elsewhere"], clock.now_ms())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certified)
    shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certified[0].read_text())).hexdigest()
    got: list[bytes] = []

    def behave(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as safe:
            got.append(safe.recv(65_536))
            safe.sendall(CHUNKED + b"2\r\nok\r\n0\r\n\r\n")

    with service(behave) as url:
        url = url.replace("http://", "https://")
        made = Upstream(url, fingerprint=f"sha256:{shown}")
        made.connect(5)
        made.send("GET", "/", {})
        assert made.answer().status == 200
        made.close()
        got.clear()
        other = probing.is_up(url, "secret", 5, "sha256:" + "0" * 64)
        assert other == (
            f"its certificate is not trusted: it shows sha256:{shown}, which is not the one that is pinned "
            "(setting fingerprint)"
        )
        assert probing.is_up(url, "secret", 5).endswith("; if it is its own, pin it by the setting fingerprint")
        assert not [one for one in got if one]


def test_a_connection_serves_the_next_request_once_its_answer_was_read() -> None:
    def behave(client: socket.socket) -> None:
        while client.recv(65_536):
            client.sendall(CHUNKED + b"2\r\nok\r\n0\r\n\r\n")

    with service(behave) as url:
        idle = IdleConnections()
        reused = []
        for is_read in (True, True, False, True):
            made = Upstream(url, idle)
            made.connect(5)
            reused.append(made.is_reused)
            made.send("GET", "/", {})
            assert made.answer().status == 200
            if is_read:
                assert whole(made) == [b"ok"]
            made.close()
        assert reused == [False, True, True, False]


def test_an_abort_that_comes_too_late_leaves_the_next_request_alone() -> None:
    def behave(client: socket.socket) -> None:
        while client.recv(65_536):
            client.sendall(CHUNKED + b"2\r\nok\r\n0\r\n\r\n")

    with service(behave) as url:
        idle = IdleConnections()
        first, second = Upstream(url, idle), Upstream(url, idle)
        first.connect(5)
        first.send("GET", "/", {})
        first.answer()
        assert whole(first) == [b"ok"]
        second.connect(5)
        assert second.is_reused
        first.abort()
        second.send("GET", "/", {})
        assert second.answer().status == 200
        assert whole(second) == [b"ok"]


def test_a_connection_that_was_aborted_cut_or_ended_serves_nobody_else() -> None:
    idle = IdleConnections()
    with service(said(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")) as url:
        made = Upstream(url, idle)
        made.connect(5)
        made.send("GET", "/", {})
        made.answer()
        whole(made)
    with service(said(CHUNKED + b"0\r\n\r\n")) as url:
        made = Upstream(url, idle)
        made.connect(5)
        made.send("GET", "/", {})
        made.answer()
        assert made.read() == b""
        made.abort()
        made.close()
    assert len(idle) == 0


def test_a_connection_that_was_closed_meanwhile_is_dead_when_it_is_used() -> None:
    with service(said(CHUNKED + b"0\r\n\r\n")) as url:
        made = Upstream(url)
        made.connect(5)
        assert made._socket is not None
        made._socket.close()
        with pytest.raises(Died):
            made.send("POST", "/", {}, iter([b"x"]), 1)


def test_a_connection_that_is_dropped_at_once_did_not_come_about(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(upstream.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            time.sleep(0.3)  # the time in which it is dropped is short otherwise

    def drop(client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    monkeypatch.setattr(upstream, "HTTPConnection", Late)
    with service(drop) as url, pytest.raises(Unreached):
        Upstream(url).connect(5)
