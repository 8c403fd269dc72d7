from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

import pytest

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.network import dialogue as module
from wakeful_agent.network.dialogue import Dialogue

if TYPE_CHECKING:
    from pathlib import Path


def echo(channel: socket.socket) -> None:
    while True:
        content = channel.recv(1000)
        if not content:
            return
        channel.sendall(content)


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_lines_blocks_marks_and_the_rest(served: Callable[..., Any], kind: str) -> None:
    def serve(channel: socket.socket) -> None:
        asked = channel.recv(100)
        channel.sendall(b"+OK " + asked + b"12345end;" + b"x" * 40_000)

    with Dialogue(served(serve, kind).address, 5) as talk:
        talk.send(b"hello\r\n")
        assert talk.line() == b"+OK hello\r\n"
        assert talk.exactly(5) == b"12345"
        assert talk.until(b";") == b"end;"
        assert talk.exactly(0) == b""
        assert talk.exactly(39_990) == b"x" * 39_990
        assert talk.some() == b"x" * 10
        assert talk.rest() == b""
        assert talk.certificate_expires_ms is None


def test_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def serve() -> None:
            for answer in (b"", b"x" * 100):
                content, peer = server.recvfrom(100)
                server.sendto(answer or content[::-1], peer)

        thread = threading.Thread(target=serve)
        thread.start()
        with Dialogue(f"udp://127.0.0.1:{server.getsockname()[1]}", 5) as talk:
            talk.send(b"abc")
            assert talk.datagram() == b"cba"
            talk.send(b"abc")
            with pytest.raises(Malformed, match="sends more than 99 bytes"):
                talk.datagram(99)
        thread.join()


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            pytest.raises(HostError, match=rf"^nothing listens at 127.0.0.1:{port}$"),
            Dialogue(f"127.0.0.1:{port}", 5),
        ):
            pass
        with Dialogue(f"udp://127.0.0.1:{port}", 5) as talk:
            talk.send(b"x")
            with pytest.raises(HostError, match="nothing listens at"):
                talk.datagram()
    with pytest.raises(Absent, match=r"^there is no socket .*nobody$"), Dialogue(f"unix:{tmp_path}/nobody", 5):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match=r"nothing listens at .*file"), Dialogue(f"unix:{tmp_path}/file", 5):
        pass
    with (
        pytest.raises(HostError, match=r"the name nobody.invalid cannot be looked up"),
        Dialogue("nobody.invalid:1", 5),
    ):
        pass
    with pytest.raises(HostError, match="too long"), Dialogue("unix:/" + "x" * 200, 5):
        pass


def test_a_socket_that_may_not_be_opened(served: Callable[..., Any]) -> None:
    end = served(echo, "unix")
    path = end.listener.getsockname()
    os.chmod(path, 0)
    shut = os.fork()
    if not shut:  # pragma: no cover - the child's lines are not counted
        code = 1
        try:
            os.setuid(65_534)
            os.chdir("/")
            with Dialogue(end.address, 5):
                pass
        except Denied:
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(shut, 0)[1] == 0


def test_one_deadline_over_all(served: Callable[..., Any]) -> None:
    def drip(channel: socket.socket) -> None:
        while True:
            channel.sendall(b"x")
            time.sleep(0.05)

    begun = time.monotonic()
    with Dialogue(served(drip).address, 0.4) as talk:
        with pytest.raises(Late, match=r"does not answer within 0\.4 s$"):
            talk.line()
        with pytest.raises(Late):
            talk.send(b"too late")
    assert time.monotonic() - begun < 15


def test_sizes_are_bounded(served: Callable[..., Any]) -> None:
    def flood(channel: socket.socket) -> None:
        while True:
            channel.sendall(b"x" * 10_000)

    address = served(flood).address
    with Dialogue(address, 5) as talk, pytest.raises(Malformed, match="writes more than 1000 bytes"):
        talk.line(1000)
    with Dialogue(address, 5) as talk, pytest.raises(Malformed, match="writes more than 50000 bytes"):
        talk.rest(50_000)


def test_an_end_in_the_middle(served: Callable[..., Any]) -> None:
    address = served(lambda channel: channel.sendall(b"half")).address
    for ask in (Dialogue.line, lambda talk: talk.exactly(10)):
        with Dialogue(address, 5) as talk, pytest.raises(HostError, match="closed the connection before"):
            ask(talk)
    with Dialogue(address, 5) as talk:
        assert talk.rest() == b"half"


def test_a_connection_that_is_reset(served: Callable[..., Any]) -> None:
    def reset(channel: socket.socket) -> None:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with pytest.raises(HostError, match="closed the connection"), Dialogue(served(reset).address, 5) as talk:
        talk.line()


def test_it_must_be_entered() -> None:
    with pytest.raises(HostError, match="is not connected"):
        Dialogue("127.0.0.1:1", 5).send(b"x")


def test_tls_is_verified(served: Callable[..., Any], certificate: Path) -> None:
    end = served(echo, "tls")
    with Dialogue(end.address, 5, tls=True, ca_file=str(certificate / "cert.pem")) as talk:
        talk.send(b"hi\n")
        assert talk.line() == b"hi\n"
        assert talk.certificate_expires_ms is not None
        assert 0 < talk.certificate_expires_ms / 1000 - time.time() < 90_000
    pin = "sha256:" + hashlib.sha256((certificate / "cert.der").read_bytes()).hexdigest()
    with Dialogue(end.address, 5, tls=True, fingerprint=pin) as talk:
        talk.send(b"hi\n")
        assert talk.line() == b"hi\n"
        assert talk.certificate_expires_ms is None
    for more, reason in (
        ({}, "is not trusted: self"),
        ({"fingerprint": "sha256:" + "0" * 64}, "shows another certificate: sha256:"),
        ({"ca_file": "/nobody"}, "the authorities' file /nobody cannot be used: No such file"),
        ({"ca_file": os.devnull}, "the authorities' file /dev/null cannot be used: it holds no certificate"),
    ):
        with pytest.raises(HostError, match=reason), Dialogue(end.address, 5, tls=True, **more):
            pass
    with pytest.raises(HostError, match="speaks no TLS"), Dialogue(served(echo).address, 5, tls=True):
        pass


def test_whatever_else_goes_wrong_is_a_sentence() -> None:
    place = module.parse_place("h:1")
    assert str(module.translated(OSError("odd"), place, 1)) == "h:1: odd"
    assert str(module.translated(ValueError("odd"), place, 1)) == "h:1: odd"


def test_a_datagram_end_that_may_not_be_used() -> None:
    with pytest.raises(Denied, match="may not be opened"), Dialogue("udp://255.255.255.255:9", 5):
        pass
