"""Ends to talk to: bare servers on TCP, unix sockets and UDP that do what a test says, well or badly."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Serve = Callable[[Any], None]


class End:
    """A listening socket; each connection is given to `serve` in a thread of its own."""

    def __init__(self, listener: socket.socket, serve: Serve, context: ssl.SSLContext | None = None) -> None:
        self.listener = listener
        self.serve = serve
        self.context = context
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def address(self) -> str:
        name = self.listener.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def _run(self) -> None:
        while True:
            try:
                channel, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(channel,), daemon=True).start()

    def _one(self, channel: socket.socket) -> None:
        try:
            if self.context:
                channel = self.context.wrap_socket(channel, server_side=True)
            with channel:
                self.serve(channel)
        except OSError:
            return


@pytest.fixture
def served(tmp_path: Path, certificate: Path) -> Iterator[Callable[..., End]]:
    """Return a function that serves as `serve` does: over tcp, unix or tls."""
    made: list[End] = []

    def make(serve: Serve, kind: str = "tcp") -> End:
        context = None
        if kind == "unix":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(tmp_path / f"{len(made)}.sock"))
            listener.listen()
        else:
            listener = socket.create_server(("127.0.0.1", 0))
        if kind == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        made.append(End(listener, serve, context))
        return made[-1]

    yield make
    for end in made:
        end.listener.close()


@pytest.fixture
def answered(served: Callable[..., End]) -> Callable[..., End]:
    """Return a function that serves one whole answer of bytes to whatever was asked; `.asked` holds that."""

    def make(answer: bytes | Callable[[bytes], bytes], kind: str = "tcp") -> End:
        def serve(channel: socket.socket) -> None:
            asked = channel.recv(65_536)
            end.asked.append(asked)  # type: ignore[attr-defined] # set below
            channel.sendall(answer(asked) if callable(answer) else answer)

        end = served(serve, kind)
        end.asked = []  # type: ignore[attr-defined] # the test's own
        return end

    return make
