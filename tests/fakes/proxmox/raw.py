"""A server that answers exactly the bytes a test wants, over TLS: what no healthy pveproxy ever says.

It is strict as pveproxy is (501 for chunked bodies and bodies on DELETE), keeps what it was asked, and can close or
hang at any point.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

from .certificates import Authority, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
GONE = b""
"""Said instead of an answer: the connection is closed without a word."""


class Heard:
    """One request as it came."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.target, self.headers, self.body = method, target, headers, body


class RawServer:
    """`answers` are given one after the other, the last one for ever; each is bytes, or makes them of a request."""

    def __init__(self, authority: Authority, shown: Shown) -> None:
        self.authority, self.shown = authority, shown
        self.answers: list[bytes | Callable[[Heard], bytes]] = [said({"data": []})]
        self.heard: list[Heard] = []
        self.keeps = True
        self.released = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown.file)
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.ca = authority.ca
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.close()

    def _serve(self) -> None:
        while True:
            try:
                plain = self._listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        self._open.append(plain)
        with contextlib.suppress(OSError, ValueError), self._context.wrap_socket(plain, server_side=True) as wrapped:
            self._open.append(wrapped)
            with wrapped.makefile("rb") as reader:
                while (heard := _heard(reader)) is not None:
                    self.heard.append(heard)
                    answer = _refusal(heard) or self._answer(heard)
                    wrapped.sendall(answer)
                    if not answer or not self.keeps or b" 200 " not in answer.partition(b"\r\n")[0]:
                        return

    def _answer(self, heard: Heard) -> bytes:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, bytes) else answer(heard)


def said(body: Any, status: int = 200, reason: str = "OK", length: int | None = None, kind: str = "") -> bytes:
    """Return an answer: `body` as JSON, or its bytes as they are; `length` may lie."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = kind or ("text/html" if content.startswith(b"<") else "application/json;charset=UTF-8")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {named}\r\n"
    size = len(content) if length is None else length
    return f"{head}Content-Length: {size}\r\n\r\n".encode() + content


def _heard(reader: Any) -> Heard | None:
    first = reader.readline().decode().split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := reader.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", "0")))
    return Heard(first[0], first[1], headers, body)


def _refusal(heard: Heard) -> bytes:
    if "transfer-encoding" in heard.headers:
        return said({"data": None}, 501, "chunked transfer encoding not supported")
    if heard.body and heard.method in {"GET", "DELETE"}:
        return said({"data": None}, 501, f"Unexpected content for method '{heard.method}'")
    return b""


@contextlib.contextmanager
def raw_server(folder: Path) -> Iterator[RawServer]:
    """Start one; `answers`, `heard`."""
    authority = Authority(folder / "raw")
    server = RawServer(authority, authority.issue("pve1", "localhost", "127.0.0.1"))
    try:
        yield server
    finally:
        server.close()
