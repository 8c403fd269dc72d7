"""A web server of one page for programs of this machine: what `text` returns, at /metrics. One request a connection.

It answers one asker after the other, each within a few seconds: who is slow delays others, and never the agent.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from time import monotonic, sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

HEAD_BYTES_MAX = 8_192
ASKING_SECONDS = 2.0
ANSWERING_SECONDS = 5.0
SHORT_SECONDS = 1.0
"""How long it waits when the machine has nothing left to take an asker with."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 500: "Error"}
_METRICS = "/metrics"
_SHORT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class MetricsServer:
    """Listens from its making until `close`; raises OSError when it cannot listen there.

    With `any_name` requests for other host names are answered too: where others may ask anyway, names protect nobody.
    """

    def __init__(self, host: str, port: int, text: Callable[[], str], any_name: bool = False) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._text = text
        self._any_name = any_name
        self._listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((host, port))
            self._listener.listen(16)
        except OSError:
            self._listener.close()
            raise
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._loop, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Listen no longer."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # this ends the thread's waiting; closing alone would not
        except OSError:
            return

    def _loop(self) -> None:
        while True:
            try:
                channel = self._listener.accept()[0]
            except ConnectionAbortedError:  # pragma: no cover - the asker went while it waited; seldom told
                continue
            except OSError as error:
                if error.errno in _SHORT:
                    sleep(SHORT_SECONDS)
                    continue
                self._listener.close()
                return
            try:
                with channel:
                    self._serve(channel)
            except OSError:  # the asker has gone, or is too slow
                continue

    def _serve(self, channel: socket.socket) -> None:
        head = _read_head(channel, monotonic() + ASKING_SECONDS)
        status, body = self._answer(head)
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            f"Content-Type: {CONTENT_TYPE if status == 200 else 'text/plain; charset=utf-8'}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
            *(["Allow: GET, HEAD"] if status == 405 else []),
        ]
        answer = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
        channel.settimeout(ANSWERING_SECONDS)
        channel.sendall(answer if head.startswith(b"HEAD ") else answer + body)

    def _answer(self, head: bytes) -> tuple[int, bytes]:
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return 400, b"this is no request of HTTP/1\n"
        if words[0] not in {"GET", "HEAD"}:
            return 405, b"only GET and HEAD are answered\n"
        if not self._any_name and not is_ours(_host_of(lines[1:])):
            return 403, b"this name is not this machine's: ask by address, or by its host name\n"
        path = words[1].partition("?")[0]
        if path != _METRICS:
            return 404, b"the metrics are at /metrics\n"
        try:
            return 200, self._text().encode("utf-8", "replace")
        except Exception as error:  # whatever is wrong with the page, the server goes on
            return 500, f"{type(error).__name__}\n".encode()


def is_ours(host: str) -> bool:
    """Tell whether a Host header may name this machine; else a page elsewhere could read here through its visitors.

    Addresses may: only names can be made to lead here by others (DNS rebinding).
    """
    name = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    if not name or name.lower() in {"localhost", os.uname().nodename.lower()}:
        return True
    return ":" in name or name.replace(".", "").isdigit()


def _host_of(lines: list[str]) -> str:
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "host":
            return value.strip()
    return ""


def _read_head(channel: socket.socket, ends: float) -> bytes:
    """Return what was asked up to the empty line, or as much of it as is taken; raise OSError when it is too slow."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_BYTES_MAX:
        channel.settimeout(max(0.001, ends - monotonic()))
        part = channel.recv(HEAD_BYTES_MAX)
        if not part:
            break
        head += part
    return head.partition(b"\r\n\r\n")[0]
