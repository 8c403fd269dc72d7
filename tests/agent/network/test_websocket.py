"""The websocket: opened with its Origin and verified, read without waiting, bounded, and closed with a reason."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

import pytest
from websocket import WebSocketException

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.network import websocket
from wakeful_agent.network.websocket import FRAME_BYTES_MAX, Closed, Refused, WebSocket, connect

from ...fakes.pterodactyl import Times, pterodactyl

if TYPE_CHECKING:
    import socket
    from pathlib import Path

GREETING = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)


def frame(opcode: int, content: bytes, final: bool = True) -> bytes:
    size = len(content)
    head = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        return head + bytes([size]) + content
    return (
        head
        + (bytes([126]) + struct.pack("!H", size) if size < 65536 else bytes([127]) + struct.pack("!Q", size))
        + content
    )


def asked(channel: socket.socket) -> dict[str, str]:
    text = b""
    while b"\r\n\r\n" not in text:
        text += channel.recv(4096)
    lines = text.decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


def greeted(channel: socket.socket) -> None:
    key = asked(channel)["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    channel.sendall(GREETING.format(base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()).encode())


def saying(*parts: bytes, hold: bool = True) -> Callable[[socket.socket], None]:
    """Serve: greet, say these bytes, and hold the line (or hang up)."""

    def serve(channel: socket.socket) -> None:
        greeted(channel)
        for part in parts:
            channel.sendall(part)
            time.sleep(0.02)
        if hold:
            channel.settimeout(20)
            while channel.recv(4096):
                pass

    return serve


def opened(served: Any, *parts: bytes, hold: bool = True) -> WebSocket:
    end = served(saying(*parts, hold=hold))
    return connect(f"ws://{end.address}/api/servers/x/ws", "https://panel.example.com", 10)


def heard(line: WebSocket, count: int) -> list[str]:
    texts: list[str] = []
    end = time.monotonic() + 60
    while len(texts) < count and time.monotonic() < end:
        texts += line.receive()[0]
        time.sleep(0.005)
    return texts


def ended(line: WebSocket) -> Closed:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            line.receive()
        except Closed as closed:
            line.close()
            return closed
        time.sleep(0.005)
    raise AssertionError("it is still open")


def test_it_says_who_it_is_and_hears(served: Any) -> None:
    told: dict[str, str] = {}

    def serve(channel: socket.socket) -> None:
        key = asked(channel)
        told.update(key)
        word = key["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(word.encode()).digest()).decode()
        channel.sendall(GREETING.format(accept).encode() + frame(1, b"with the handshake"))
        channel.recv(100)

    line = connect(f"ws://{served(serve).address}/ws", "https://panel.example.com", 10)
    assert heard(line, 1) == ["with the handshake"]
    assert told["origin"] == "https://panel.example.com"
    assert told["user-agent"].startswith("wakeful-agent/")
    line.close()


def test_nothing_there_is_nothing_and_no_waiting(served: Any) -> None:
    line = opened(served)
    begun = time.monotonic()
    assert line.receive() == ([], False)
    assert time.monotonic() - begun < 5
    assert line.fileno() > 0
    line.close()
    with pytest.raises(Closed):
        line.send("too late")


def test_frames_that_come_in_pieces_and_parts_are_put_together(served: Any) -> None:
    whole = frame(1, b"x" * 70_000)
    parts = [whole[:1], whole[1:5], whole[5:30_000], whole[30_000:]]
    split = [frame(1, b"one ", final=False), frame(9, b"ping between"), frame(0, b"two", final=True)]
    line = opened(served, *parts, *split, frame(1, b"bad \xff utf"), frame(2, b"binary is nothing"), frame(1, b"last"))
    assert heard(line, 4) == ["x" * 70_000, "one two", "bad \ufffd utf", "last"]
    line.close()


def test_a_message_of_a_hundred_thousand_pieces_costs_no_more_than_they_do(served: Any) -> None:
    pieces = (frame(0, b"", final=False) + frame(0, b"a", final=False)) * 50_000
    line = opened(served, frame(1, b"", final=False) + pieces + frame(0, b"!", final=True))
    begun = time.process_time()
    assert heard(line, 1) == ["a" * 50_000 + "!"]
    assert time.process_time() - begun < 20, "each piece is looked at once, not with all before it"
    line.close()


def test_a_flood_is_taken_in_turns(served: Any) -> None:
    line = opened(served, frame(1, b"a") * (websocket.FRAMES_A_TURN + 5))
    time.sleep(0.2)
    texts, more = line.receive()
    assert more
    assert len(texts) == websocket.FRAMES_A_TURN
    assert len(heard(line, 5)) == 5
    line.close()


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        (b"\x81\x7f\x3f" + b"\xff" * 7, "more than is taken"),
        (
            frame(1, b"x" * (FRAME_BYTES_MAX - 10), final=False) + frame(0, b"y" * 100, final=False),
            "longer than is taken",
        ),
        (b"\xff\x05hello", "rsv"),
        (b"\x83\x05hello", ""),
    ],
)
def test_what_is_too_long_or_no_frame_ends_it(served: Any, bad: bytes, part: str) -> None:
    assert part in ended(opened(served, bad)).reason


def test_what_came_before_the_end_is_told_first(served: Any) -> None:
    line = opened(served, frame(1, b"last words") + b"\xff\x05hello")
    assert heard(line, 1) == ["last words"]
    assert ended(line).code == 1006


def test_a_close_has_its_code_and_reason(served: Any) -> None:
    closed = ended(opened(served, frame(8, struct.pack("!H", 4409) + b"server is suspended")))
    assert (closed.code, closed.reason) == (4409, "server is suspended")
    assert ended(opened(served, frame(8, b""))).code == 1006
    lost = ended(opened(served, hold=False))
    assert (lost.code, lost.reason) == (1006, "the other end closed the connection")


def test_an_end_that_takes_nothing_is_closed(served: Any) -> None:
    stop = threading.Event()

    def serve(channel: socket.socket) -> None:
        greeted(channel)
        stop.wait(20)

    line = connect(f"ws://{served(serve).address}/ws", "http://p", 10)
    with pytest.raises(Closed):  # noqa: PT012 - whichever of many is the first
        for _ in range(10_000):
            line.send("x" * 4000)
    stop.set()
    line.close()


@pytest.mark.parametrize(
    ("status", "part"),
    [(403, "set `origin`"), (404, "does not know"), (400, "too many"), (502, "a proxy"), (302, "websocket")],
)
def test_a_refused_handshake_says_why(answered: Any, status: int, part: str) -> None:
    end = answered(b"HTTP/1.1 %d No\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno" % status)
    with pytest.raises(HostError, match=part) as caught:
        connect(f"ws://{end.address}/ws", "https://p", 10)
    assert status == 302 or (isinstance(caught.value, Refused) and caught.value.status == status)
    assert b"Origin: https://p\r\n" in end.asked[0]


@pytest.mark.parametrize(
    "answer", [b"hello\r\n\r\n", b"HTTP/1.1 101 Yes\r\n\r\n", b"HTTP/1.1 500 No\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_no_websocket_is_malformed(answered: Any, answer: bytes) -> None:
    with pytest.raises(HostError):
        connect(f"ws://{answered(answer).address}/ws", "https://p", 10)


def test_only_a_switch_of_protocols_opens() -> None:
    websocket.insist(101)
    with pytest.raises(WebSocketException, match="302"):
        websocket.insist(302)


def test_an_endless_answer_is_cut(answered: Any) -> None:
    with pytest.raises(HostError, match="longer than is taken"):
        connect(f"ws://{answered(b'HTTP/1.1 200 ' + b'x' * 200_000).address}/ws", "https://p", 10)


def test_a_slow_answer_is_late(served: Any) -> None:
    def serve(channel: socket.socket) -> None:
        for _ in range(100):
            channel.sendall(b"H")
            time.sleep(0.05)

    with pytest.raises(Late):
        connect(f"ws://{served(serve).address}/ws", "https://p", 0.3)
    with pytest.raises(Late):
        connect("ws://127.0.0.1:9/ws", "https://p", 0.0)


@pytest.mark.parametrize("url", ["http://host/ws", "ws://", "ws//x", "wss://host:99999/"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(Malformed):
        connect(url, "https://p", 1)


def test_nobody_there_is_said() -> None:
    with pytest.raises(HostError, match="nothing listens"):
        connect("ws://127.0.0.1:1/ws", "https://p", 5)


def test_certificates_are_verified_and_the_context_shared(tmp_path: Path) -> None:
    with pterodactyl(Times().faster(20), tls=True) as stage:
        kim = stage.panel.add_user("kim")
        server = stage.add_server("survival", owner=kim, state="running")
        url = f"{stage.wings.url.replace('https', 'wss')}/api/servers/{server.uuid}/ws"
        origin = stage.panel.url
        with pytest.raises(HostError, match="not trusted"):
            connect(url, origin, 10)
        with pytest.raises(HostError, match="another certificate"):
            connect(url, origin, 10, fingerprint="sha256:" + "0" * 64)
        with pytest.raises(HostError, match="the authorities' file /nobody cannot be used: No such file"):
            connect(url, origin, 10, ca_file="/nobody")
        with pytest.raises(Refused, match="byte for byte"):
            connect(url, origin + "/", 10, ca_file=str(stage.ca_file))
        first = connect(url, origin, 10, ca_file=str(stage.ca_file))
        second = connect(url, origin, 10, ca_file=str(stage.ca_file))
        assert first._channel.context is second._channel.context
        first.send(json.dumps({"event": "auth", "args": ["nothing"]}))
        assert "daemon error" in heard(first, 1)[0]
        first.ping()
        first.close()
        second.close()
