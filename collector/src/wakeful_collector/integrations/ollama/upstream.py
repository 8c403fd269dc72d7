"""The way to a machine's service: a connection for each request, which anybody may break off at any moment."""

from __future__ import annotations

import http
import http.client
import select
import socket
import ssl
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import SKIP_HEADER

from wakeful_collector.integrations.ollama.corking import cork
from wakeful_collector.model.addresses import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from urllib3.response import BaseHTTPResponse

    from wakeful_collector.integrations.ollama.idle_connections import IdleConnections

PIECE_BYTES = 64 * 1024
_SILENT_SECONDS = 30
_PROBE_SECONDS = 5
_PROBES = 4
_UNHEARD_MS = 60_000
_OPTIONS: list[tuple[int, int, int | bytes]] = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # A machine that lost its power says nothing for ever; a model that thinks says nothing for minutes. Only the
    # kernel of the other side can tell which it is.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_SECONDS),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PROBE_SECONDS),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS),
]


class Unreached(Exception):
    """No connection came about: nothing was sent, so that it can be tried again."""


class Died(Exception):
    """The connection broke after something was sent, or what came was no HTTP."""


class Upstream:
    """One request's way to the service at `url`; `abort` may be called by any thread at any time.

    `fingerprint` pins the service's certificate; without it the system's authorities vouch for it. `is_reused` tells
    that its connection served another request before.
    """

    def __init__(self, url: str, idle: IdleConnections | None = None, fingerprint: str = "") -> None:
        self.url = url
        self.fingerprint = fingerprint
        self.host = urlsplit(url).netloc
        self.is_aborted = False
        self.is_reused = False
        self._idle = idle
        self._lock = threading.Lock()
        self._connection = _connection(url, fingerprint)
        self._socket: socket.socket | None = None
        self._answer: BaseHTTPResponse | None = None
        self._is_whole = self._is_cut = False

    def connect(self, timeout_seconds: float) -> None:
        """Have a connection: one that is idle, or where there is none a new one; raise Unreached."""
        found = None if self._idle is None else self._idle.take(self._way())
        self.is_reused = found is not None
        if found is not None:
            self._connection, self._socket = found, found.sock
        else:
            self._open(timeout_seconds)
        if self.is_aborted:
            self.abort()

    def _open(self, timeout_seconds: float) -> None:
        try:
            self._connection.timeout = timeout_seconds
            self._connection.connect()
        except (OSError, exceptions.HTTPError) as error:
            self._connection.close()
            raise Unreached(_reason(error)) from error
        self._socket = self._connection.sock
        self._socket.settimeout(None)
        self._connection.timeout = None
        try:
            peer = self._socket.getpeername()[0]
        except OSError as error:  # what stands before a service that boots may take a connection and drop it at once
            self.close()
            raise Unreached(_reason(error)) from error
        why = refusal(peer, allow_private=True)
        if why:
            self.close()
            raise Unreached(why)

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Iterable[bytes] | None = None,
        length_bytes: int | None = None,
    ) -> None:
        """Send a request; `length_bytes` is that of the body, None for one in chunks.

        Raises Died, and whatever `body` raises.
        """
        said = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER, **headers}
        if body is not None and length_bytes is not None:
            said["Content-Length"] = str(length_bytes)
        is_small = length_bytes is not None and length_bytes <= PIECE_BYTES
        try:
            cork(self._socket, is_small)
            self._send(method, target, said, body, chunked=body is not None and length_bytes is None)
        except (OSError, exceptions.HTTPError, http.client.HTTPException, ValueError) as error:
            raise Died(_reason(error)) from error
        finally:
            cork(self._socket, False)

    def is_ready(self, timeout_seconds: float) -> bool:
        """Wait for the answer to begin, no longer than that; tell whether it has (or the connection broke)."""
        poll = select.poll()
        if self._socket is not None:
            poll.register(self._socket, select.POLLIN)
        return self._socket is None or bool(poll.poll(timeout_seconds * 1000))

    def answer(self) -> BaseHTTPResponse:
        """Return the answer once its head is there; its body comes by `read`. Raise Died."""
        try:
            self._answer = self._connection.getresponse()
        except (OSError, exceptions.HTTPError, http.client.HTTPException, ValueError) as error:
            raise Died(_reason(error)) from error
        if self._answer.status < http.HTTPStatus.OK:
            raise Died(f"it answered {self._answer.status}")
        return self._answer

    def _send(
        self, method: str, target: str, headers: Mapping[str, str], body: Iterable[bytes] | None, *, chunked: bool
    ) -> None:
        try:
            self._connection.request(
                method, target, body, headers, chunked=chunked, preload_content=False, decode_content=False
            )
        except (BrokenPipeError, ConnectionResetError):
            if self.is_aborted:
                raise
            self._is_cut = True
            # Who answers before it has read all of a body closes its end; its answer may be there all the same.

    def read(self) -> bytes:
        """Return what has come of the answer's body, waiting for the first byte of it; empty at its end. Raise Died."""
        if self._answer is None:
            raise Died("there is no answer")
        try:
            piece = self._answer.read1(PIECE_BYTES, decode_content=False) or b""
        except (OSError, exceptions.HTTPError, ValueError) as error:
            raise Died(_reason(error)) from error
        self._is_whole = not piece and not self._is_cut
        return piece

    def limit(self, seconds: float) -> None:
        """Let each wait from here on last no longer than that."""
        if self._socket is not None:
            self._socket.settimeout(seconds)

    def abort(self) -> None:
        """Break the connection off: the service sees its client leave, and whoever waits here is woken by Died."""
        with self._lock:  # so that it is this request's connection, and not the next one's already
            self.is_aborted = True
            if self._socket is None:
                return
            try:
                # Not SSLSocket's: that would take the cipher away under the hands of whoever reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return

    def close(self) -> None:
        """Close the connection, or keep it for a moment if it can serve another request. May be called again."""
        if self._answer is not None:
            self._answer.close()
        with self._lock:
            self._socket = None
        connection, self._connection = self._connection, _connection(self.url, self.fingerprint)
        if self._idle is not None and self._is_whole and not self.is_aborted and connection.sock is not None:
            self._idle.keep(self._way(), connection)
        else:
            connection.close()
        self._is_whole = False

    def _way(self) -> str:
        return f"{self.url} {self.fingerprint}"


def _connection(url: str, fingerprint: str) -> HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme != "https":
        return HTTPConnection(host, port, socket_options=_OPTIONS, blocksize=PIECE_BYTES)
    context = ssl.create_default_context()
    if fingerprint:  # the digest of the certificate is checked instead, before anything is sent
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(
        host,
        port,
        socket_options=_OPTIONS,
        blocksize=PIECE_BYTES,
        ssl_context=context,
        assert_fingerprint=fingerprint.removeprefix("sha256:") or None,
    )


def _reason(error: BaseException) -> str:
    """Return the last cause in few words, without the objects that libraries put before it."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        if isinstance(found, TimeoutError):
            return "no answer in time"
        error, found = found, found.__cause__ or found.__context__
    return f"{type(error).__name__}: {error}"[:200]
