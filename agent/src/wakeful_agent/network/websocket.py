"""A websocket that is read without waiting: on top of websocket-client, with bounds and trust of our own.

The connection and its TLS are made here, so that certificates are verified as everywhere, and the library gets a
connected socket. A frame's length is checked before its content is taken; the answer to the handshake is bounded in
time and size. To be used from one thread at a time. Loading this costs 4 MB: it is imported when it is needed.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
from time import monotonic

import websocket

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network import tls as trust
from wakeful_agent.network.dialogue import translated
from wakeful_agent.network.place import Place, Url, parse_url
from wakeful_wire import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FRAME_BYTES_MAX = 256 * 1024
"""More than any line of a console: Wings sends at most 64 KiB of one."""
FRAMES_A_TURN = 200
_HANDSHAKE_BYTES_MAX = 64 * 1024
_TEXT, _CONTINUED, _CLOSE, _PING, _PONG = 0x1, 0x0, 0x8, 0x9, 0xA
_ABNORMAL = 1006
_TOO_BIG = 1009
_SCHEMES = {"ws": "http", "wss": "https"}
_contexts: dict[tuple[str, str, float], ssl.SSLContext] = {}


class Closed(Exception):
    """The other end closed the connection, or it broke: a close `code` (1006 where there was none) and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason or f"code {code}")
        self.code = code
        self.reason = reason


class Refused(HostError):
    """The handshake was answered with another `status` than 101."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class WebSocket:
    """An open websocket; `receive` and `send` raise Closed."""

    def __init__(self, client: Any, channel: socket.socket) -> None:
        self._client = client
        self._channel = channel
        self._text = bytearray()
        self._end: Closed | None = None
        client.frame_buffer = _Frames(self._bytes, skip_utf8_validation=True)
        channel.settimeout(0)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._channel.fileno()

    def receive(self) -> tuple[list[str], bool]:
        """Return the texts that have come, without waiting, and whether more may be there already."""
        texts: list[str] = []
        try:
            for _ in range(FRAMES_A_TURN):
                if self._end is not None:
                    raise self._end
                frame = self._client.frame_buffer.recv_frame()
                self._sort(frame.opcode, frame.fin, _bytes_of(frame.data), texts)
        except (BlockingIOError, ssl.SSLWantReadError):
            return texts, False
        except (OSError, ValueError, websocket.WebSocketException, Closed) as error:
            self._end = error if isinstance(error, Closed) else _closed(error)
            if not texts:
                raise self._end from None
        return texts, True  # what came before an end is told before it

    def send(self, text: str) -> None:
        """Send a text; raise Closed also when the other end takes nothing more."""
        self._send(text.encode("utf-8"), _TEXT)

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._send(b"", _PING)

    def close(self) -> None:
        """Say goodbye as far as that goes without waiting, and close."""
        try:
            self._send(struct.pack("!H", 1000), _CLOSE)
        except Closed:
            pass
        finally:
            self._channel.close()

    def _sort(self, opcode: int, final: int, content: bytes, texts: list[str]) -> None:
        if opcode in {_TEXT, _CONTINUED}:
            self._text += content  # not a list of pieces: of empty ones there may be any number
            if len(self._text) > FRAME_BYTES_MAX:
                raise Closed(_TOO_BIG, "a message is longer than is taken")
            if final:
                texts.append(decode(bytes(self._text)))
                self._text.clear()
        elif opcode == _PING:
            self._send(content[:125], _PONG)
        elif opcode == _CLOSE:
            code = int.from_bytes(content[:2], "big") if len(content) >= 2 else _ABNORMAL
            raise Closed(code, label(decode(content[2:]), 120))

    def _send(self, content: bytes, opcode: int) -> None:
        try:
            self._client.send(content, opcode)
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise _closed(error) from None

    def _bytes(self, size: int) -> bytes:
        content = self._channel.recv(size)
        if not content:
            raise ConnectionResetError("the other end closed the connection")
        return content


def connect(url: str, origin: str, timeout_seconds: float, ca_file: str = "", fingerprint: str = "") -> WebSocket:
    """Open a websocket (ws or wss) within so long, with this Origin; redirects are refused.

    Raises Refused, Late, Malformed or HostError.
    """
    place = _parse(url)
    deadline = monotonic() + timeout_seconds
    end = Place("tcp", place.host, place.port)
    try:
        channel = _open(place, deadline, ca_file, fingerprint)
    except (OSError, ValueError) as error:
        raise translated(error, end, timeout_seconds) from None
    gate: Any = _Gate(channel, deadline, _HANDSHAKE_BYTES_MAX)
    client: Any = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
    headers = [f"User-Agent: wakeful-agent/{__version__}"]
    try:
        client.connect(url, origin=origin, socket=gate, redirect_limit=0, header=headers)
        insist(client.getstatus())
    except websocket.WebSocketBadStatusException as error:
        channel.close()
        raise Refused(error.status_code, _refusal(error.status_code, end.text, origin)) from None
    except websocket.WebSocketTimeoutException:
        channel.close()
        raise translated(TimeoutError(), end, timeout_seconds) from None
    except (websocket.WebSocketException, LookupError) as error:
        channel.close()
        raise Malformed(f"{end.text} does not open a websocket: {label(str(error), 120)}") from None
    except (OSError, ValueError) as error:
        channel.close()
        raise translated(error, end, timeout_seconds) from None
    client.sock = channel
    return WebSocket(client, channel)


def insist(status: int) -> None:
    """Raise the library's own error for a handshake that opened nothing: its 1.8 takes a redirect for an opening."""
    if status != 101:
        raise websocket.WebSocketException(f"it answers {status}")


def _parse(url: str) -> Url:
    scheme, mark, rest = url.partition("://")
    if scheme not in _SCHEMES or not mark:
        raise Malformed("the address of a websocket begins with ws:// or wss://")
    return parse_url(f"{_SCHEMES[scheme]}://{rest}")


def _open(place: Url, deadline: float, ca_file: str, fingerprint: str) -> socket.socket:
    # As bytes: text would load the codec for international names, half a megabyte.
    end: Any = (place.host.encode("ascii"), place.port)
    channel = socket.create_connection(end, _left(deadline))
    try:
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if place.scheme == "http":
            return channel
        channel.settimeout(_left(deadline))
        secured = _context(ca_file, fingerprint).wrap_socket(channel, server_hostname=place.host.encode("ascii"))
        if fingerprint:
            shown: Any = secured.getpeercert(binary_form=True)
            if trust.fingerprint_of(shown) != fingerprint:
                secured.close()
                raise ValueError(f"it shows another certificate: {trust.fingerprint_of(shown)}")
        return secured
    except BaseException:
        channel.close()
        raise


def _context(ca_file: str, fingerprint: str) -> ssl.SSLContext:
    """Return the one context for these authorities: hundreds of connections share it, and the memory it takes."""
    try:
        changed = os.stat(ca_file).st_mtime if ca_file else 0.0
    except OSError:  # whose trust it is says what is wrong with it
        changed = 0.0
    key = (ca_file, fingerprint, changed)
    if key not in _contexts:
        _contexts[key] = trust.context(ca_file or None, fingerprint or None)
    return _contexts[key]


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Gate:
    """The socket as the library sees it during the handshake: within its time, and not a byte more than allowed."""

    def __init__(self, channel: socket.socket, deadline: float, most: int) -> None:
        self._channel = channel
        self._deadline = deadline
        self._bytes_left = most

    def recv(self, size: int) -> bytes:
        self._channel.settimeout(_left(self._deadline))
        if self._bytes_left <= 0:
            raise ValueError("its answer is longer than is taken")
        content = self._channel.recv(min(size, self._bytes_left))
        self._bytes_left -= len(content)
        return content

    def send(self, content: bytes) -> int:
        self._channel.settimeout(_left(self._deadline))
        return self._channel.send(content)

    def gettimeout(self) -> float | None:
        return self._channel.gettimeout()

    def close(self) -> None:
        self._channel.close()


class _Frames(websocket.frame_buffer):
    """Takes frames out of what comes in pieces, and none that says it is longer than is taken."""

    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > FRAME_BYTES_MAX:
            raise websocket.WebSocketProtocolException(f"a frame of {self.length} bytes is more than is taken")


def _closed(error: Exception) -> Closed:
    return Closed(_ABNORMAL, label(str(error) or type(error).__name__, 120))


def _bytes_of(data: Any) -> bytes:
    return data.encode("utf-8") if isinstance(data, str) else bytes(data)


def _refusal(status: int, end: str, origin: str) -> str:
    if status == 403:
        return (
            f"Wings at {end} does not take the Origin {origin} (403): set `origin` in agent.toml to what its "
            "config.yml says at `remote`, byte for byte"
        )
    if status == 404:
        return f"Wings at {end} does not know the server (404)"
    if status == 400:
        return f"Wings at {end} has too many open websockets for this server (400)"
    return f"{end} answers {status} where a websocket should open; is a proxy in between?"
