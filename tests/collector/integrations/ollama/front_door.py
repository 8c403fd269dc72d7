"""The gateway door in this process, before a fake Ollama: asked as gunicorn asks it, over a socket that hangs up."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from wakeful_collector import clock
from wakeful_collector.accounts import keys
from wakeful_collector.config import Settings
from wakeful_collector.integrations.ollama import front, leasing, sealed, settings
from wakeful_collector.read import gateway_history
from wakeful_collector.store import gateway_limits, gateway_machines, gateway_states
from wakeful_collector.store.changes import changing, changing_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wakeful_collector.store.gateway_history import Request


CHAT: dict[str, Any] = {"model": "gem", "messages": [{"role": "user", "content": "count"}]}
TALK: dict[str, Any] = {**CHAT, "stream": True}


class Got(NamedTuple):
    """A whole answer; `pieces` as they were sent, `broken` when it was not whole."""

    status: int
    headers: dict[str, str]
    pieces: list[bytes]
    broken: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Door:
    """The door over a data folder; `machine` sets one up, `ask` asks."""

    def __init__(self, data: Path, scopes: tuple[str, ...] = ("gateway",)) -> None:
        self.data = data
        with changing(data) as connection:
            made = keys.create(connection, "laptop", scopes, "local:test", clock.now_ms(), None)
        self.key = made.secret
        self.front = front.create(Settings(data=data), _pages, lambda _: "192.0.2.7")

    def machine(self, url: str, name: str = "box", state: str = "awake", secrets: Any = None, **more: Any) -> None:
        """Set a machine up, in a state."""
        now_ms = clock.now_ms()
        given = {"name": name, "url": url, "mac": "02:00:00:00:00:01", "default": name == "box", **more}
        closed = sealed.seal(self.data, "", secrets or {})
        with changing_gateway(self.data) as connection:
            gateway_machines.keep(connection, settings.row(settings.check(given), closed, now_ms, now_ms))
        self.stand(state, name=name)

    def stand(self, state: str, reason: str = "", name: str = "box", **memory: Any) -> None:
        """Let a machine be in a state."""
        now_ms = clock.now_ms()
        with changing_gateway(self.data) as connection:
            gateway_states.keep(connection, name, state, now_ms, reason, {"used_ms": now_ms, **memory})

    def limit(self, **limits: Any) -> None:
        """Limit the key."""
        with changing_gateway(self.data) as connection:
            gateway_limits.keep(connection, gateway_limits.Limit("key:laptop", **limits))

    def environ(self, method: str, path: str, body: Any = None, client: Any = None, **headers: str) -> dict[str, Any]:
        """Return the environment of a request, as gunicorn makes it."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        found: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "RAW_URI": path + (f"?{query}" if query else ""),
            "QUERY_STRING": query,
            "HTTP_HOST": "127.0.0.1:8800",
            "HTTP_AUTHORIZATION": f"Bearer {self.key}",
            "wsgi.input": io.BytesIO(content),
        }
        if client is not None:
            found["gunicorn.socket"] = client
        if body is not None:
            found |= {"CONTENT_LENGTH": str(len(content)), "CONTENT_TYPE": "application/json"}
        return found | {name: value for name, value in headers.items() if value != ""}

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Got:
        """Ask and wait for the whole answer."""
        return self.send(self.environ(method, path, body, **more))

    def send(self, environ: dict[str, Any]) -> Got:
        """Have a request answered."""
        call = Call(self, environ)
        call.finish()
        return call.got()

    def rows(self) -> list[Request]:
        """Return the history, newest first."""
        return [row for _, row in gateway_history.requests(self.data).requests]

    def totals(self) -> dict[str, float]:
        """Return the counters by name and labels."""
        return {one.name + "".join(one.labels.values()): one.value for one in gateway_history.totals(self.data)}

    def is_idle(self) -> bool:
        """Tell whether no request holds a lease in this process."""
        return not leasing.desk(self.data)._tickets


class Call:
    """A request under way: its pieces are taken one by one, or by a thread."""

    def __init__(self, door: Door, environ: dict[str, Any]) -> None:
        self.status, self.headers = 0, {}
        self.pieces: list[bytes] = []
        self.broken = False
        self.answer: Iterator[bytes] = iter(door.front(environ, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        assert not self.status
        self.status, self.headers = int(status.split(maxsplit=1)[0]), dict(headers)

    def next(self) -> bytes:
        """Take a piece."""
        piece = next(self.answer)
        self.pieces.append(piece)
        return piece

    def finish(self) -> None:
        """Take all pieces."""
        try:
            for piece in self.answer:
                self.pieces.append(piece)
        except front.BrokenOff:
            self.broken = True

    def apart(self) -> threading.Thread:
        """Take all pieces in a thread."""
        thread = threading.Thread(target=self.finish, daemon=True)
        thread.start()
        return thread

    def got(self) -> Got:
        """Return what has come."""
        return Got(self.status, self.headers, list(self.pieces), self.broken)


def wired() -> tuple[socket.socket, socket.socket]:
    """Return the server's and the client's end of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    return server, client


def until(true: Any, seconds: float = 10.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert true()


def _pages(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"pages"]
