"""Serves one long request in a thread of its own, where gunicorn would serve it in one of the pages' few threads."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

from gunicorn.http import wsgi

from wakeful_collector.web.kit_long import BrokenOff
from wakeful_collector.web.patient_sockets import SILENT_SECONDS, be_probed, set_patience

if TYPE_CHECKING:
    from gunicorn.workers.gthread import TConn

PATIENCE_SECONDS = 300
"""How long a client of a long request may read or write nothing: its disk or its person may be slow."""

DRAIN_SECONDS = 30.0
"""How long the rest of a body is still taken that nobody wants: who hangs up on a sender takes the answer from him."""

_PIECE_BYTES = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ReadAhead:
    """Stands for a connection's parser whose next request was read already."""

    def __init__(self, parser: Any, request: Any) -> None:
        self.parser = parser
        self.request = request

    def __next__(self) -> Any:
        """Return that request."""
        return self.request


class Inviting:
    """A body's reader that asks the client for the body when somebody wants it (`Expect: 100-continue`).

    Until then the connection must end with the answer: the client may send the body or not, and does not say which.
    """

    def __init__(self, request: Any, client: socket.socket) -> None:
        self.reader = request.body.reader
        self.request = request
        self.client = client
        self._closes = request.must_close
        self.is_invited = False
        request.must_close = True

    def read(self, size: int) -> bytes:
        """Read as the reader does."""
        if not self.is_invited:
            self.is_invited = True
            self.request.must_close = self._closes
            self.client.sendall(_CONTINUE)
        content: bytes = self.reader.read(size)
        return content


def serve(worker: Any, conn: TConn, request: Any, extra: dict[str, Any]) -> bool:
    """Answer a request, its environment made richer by `extra`; tell whether the connection may be kept.

    Raises OSError when the client is gone.
    """
    client = conn.sock
    if request._expected_100_continue:  # noqa: SLF001 - gunicorn would say "100 Continue" before anybody wants the body
        request._expected_100_continue = False  # noqa: SLF001 - the door says it when it reads
        request.body.reader = Inviting(request, client)
    response, environ = wsgi.create(request, client, conn.client, conn.server, worker.cfg)
    environ.update(extra)
    environ["wsgi.multithread"] = True
    if not worker.alive or len(worker.keepalived_conns) >= worker.max_keepalived:
        response.force_close()
    set_patience(client, PATIENCE_SECONDS)
    be_probed(client)
    try:
        _send(worker.wsgi(environ, response.start_response), response)
        _drain(request, client)
    except BrokenOff:
        response.force_close()
        hang_up(client)
    finally:
        set_patience(client, SILENT_SECONDS)
    return not response.should_close()


def hang_up(client: socket.socket) -> None:
    """End a connection as it stands; whoever still reads or writes on it learns so at once."""
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _send(answer: Any, response: Any) -> None:
    try:
        for piece in answer:
            response.write(piece)
        response.close()
    finally:
        if hasattr(answer, "close"):
            answer.close()


def _drain(request: Any, client: socket.socket) -> None:
    """Take what is left of a body, unless nobody ever asked for it; hang up where it does not end in time.

    What is left behind on a kept connection would be taken for the next request.
    """
    reader = request.body.reader
    if isinstance(reader, Inviting):
        if not reader.is_invited:
            return
        reader = reader.reader
    if not getattr(reader, "length", 1) and not request.body.failed:
        return
    ending = threading.Timer(DRAIN_SECONDS, hang_up, (client,))  # one read may wait for as many bytes, one by one
    ending.daemon = True
    ending.start()
    try:
        while not request.body.failed and request.body.read(_PIECE_BYTES):
            pass
    finally:
        ending.cancel()
    if request.body.failed:
        hang_up(client)
