"""gunicorn's threaded worker that gives its threads whole requests only.

gunicorn hands a new connection to a thread at once, and waits there for the request: a client that sends a byte now and
then holds one of the few threads, and some hundred such clients hold them all (an attack known as Slowloris). Here the
event loop gathers each request's head and small body; a slow client costs memory and a descriptor, within bounds.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import selectors
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn import http
from gunicorn import sock as gunicorn_sockets
from gunicorn.workers.gthread import TConn, ThreadWorker

from wakeful_collector.web.beginning import Beginning
from wakeful_collector.web.kept_connections import KeptConnections
from wakeful_collector.web.page_threads import PageThreads
from wakeful_collector.web.patient_sockets import PatientTls, patient

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from wakeful_collector.web.patient_sockets import PatientSocket

log = logging.getLogger("wakeful.web")

REQUEST_SECONDS = 20.0
"""How long a client may take for a request's head and small body, from the first byte on."""

GATHERED_BYTES_MAX = 64 * 1024 * 1024
"""What all unfinished requests of a process may hold together; beyond that the oldest go."""

RECEIVE_BYTES = 48 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_ODD = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_GONE = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
REST_SECONDS = 1.0
"""How long a process that could open no further connection tries no other: it goes on with those it has."""


class GatheringWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """A gthread worker whose connections wait for their requests in the event loop.

    A connection stands in one place at a time: among the kept-alive ones (a new one too) until it brings something,
    among the pending ones while half a request is there, then with a thread.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keepalived_conns = KeptConnections()
        self.pending_conns = KeptConnections()
        self._beginnings: dict[TConn, Beginning] = {}
        self._gathered_bytes = 0
        self._rests_until = 0.0
        self._tls: ssl.SSLContext | None = None

    def get_thread_pool(self) -> PageThreads:
        """Make the threads of the pages."""
        return PageThreads(self.cfg.threads)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection in and listen to it, as to one that is kept alive."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._rest(error)
            elif error.errno not in _GONE:
                raise
            return
        conn = None
        try:
            conn = TConn(self.cfg, self._readied(patient(client), address), address, listener.getsockname())
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            conn.initialized = conn.data_ready = True
            self.nr_conns += 1
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            self.listen_to(conn)
        except OSError as error:
            log.debug("a connection ended before it began: %s", error)
            if conn is not None:
                conn.close()

    def _rest(self, error: OSError) -> None:
        """Take no connection for a while: gunicorn's loop would end with all that it has."""
        self.worker_connections = 0
        self._rests_until = time.monotonic() + REST_SECONDS
        log.warning(
            "no connection can be added to %d (%s); raise the limit of open files", self.nr_conns, error.strerror
        )

    def listen_to(self, conn: TConn) -> None:
        """Have the event loop look at what a kept connection brings."""
        self._await(conn, self.on_client_socket_readable)

    def hand_over(self, conn: TConn, data: bytes) -> None:
        """Give a connection to a thread, with the request that came; it stands in no other place any more."""
        conn.parser.unreader.unread(data)
        self.enqueue_req(conn)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Take what a kept connection brings."""
        data = self.received(client)
        if data:
            self.gather(conn, client, data)
        elif data is not None:
            self.drop(conn, client)

    def received(self, client: socket.socket) -> bytes | None:
        """Return what came; empty where the client left, None where nothing (or half a TLS record) is there yet."""
        try:
            data = client.recv(RECEIVE_BYTES)
            while data and isinstance(client, ssl.SSLSocket) and client.pending():
                data += client.recv(RECEIVE_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except (OSError, ValueError):
            return b""
        return data

    def gather(self, conn: TConn, client: socket.socket, data: bytes) -> None:
        """Hand a kept connection over when its request is whole; else wait for the rest."""
        beginning = Beginning(data)
        if beginning.is_whole():
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self.hand_over(conn, data)
            return
        self.keepalived_conns.remove(conn)
        self.poller.unregister(client)
        self._begin(conn, beginning)

    def finish_request(self, conn: TConn, future: Any) -> None:
        """Keep a connection; half a request that came behind the one before is no thread's business yet."""
        kept = not future.cancelled() and future.exception() is None and future.result() is True
        read_ahead = conn.parser.unreader.take_buffered() if kept else b""
        if not read_ahead:
            super().finish_request(conn, future)
            if kept and isinstance(conn.sock, ssl.SSLSocket) and conn.sock.pending():  # no poller sees what TLS holds
                self.on_client_socket_readable(conn, conn.sock)
            return
        beginning = Beginning(read_ahead)
        if beginning.is_whole():
            self.hand_over(conn, read_ahead)
            return
        conn.sock.setblocking(False)
        self._begin(conn, beginning)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Add what came to the request that began."""
        if conn not in self._beginnings:  # given up meanwhile, for what another one of the same turn brought
            return
        data = self.received(client)
        if data is None:
            return
        beginning = self._beginnings[conn]
        self._gathered_bytes += len(data)
        beginning.add(data)
        if not data:
            self._give_up(conn)
        elif beginning.is_whole():
            self._end(conn)
            self.hand_over(conn, bytes(beginning.data))
        else:
            self._go_on(conn, beginning)

    def drop(self, conn: TConn, client: socket.socket) -> None:
        """Forget a kept connection that its client closed."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close the connections whose request did not become whole in time; those that began first stand first.

        It is called in each turn of the loop, which takes connections again once a rest is over.
        """
        now = time.monotonic()
        if not self.worker_connections and now >= self._rests_until:
            self.worker_connections = self.cfg.worker_connections
        while self.pending_conns and self.pending_conns[0].timeout <= now:
            self._give_up(self.pending_conns[0])

    def _begin(self, conn: TConn, beginning: Beginning) -> None:
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        self.pending_conns.append(conn)
        self._beginnings[conn] = beginning
        self._gathered_bytes += len(beginning.data)
        self._await(conn, self.on_pending_socket_readable)
        self._go_on(conn, beginning)

    def _go_on(self, conn: TConn, beginning: Beginning) -> None:
        """Wait for more, within the bounds of one and of all."""
        if beginning.is_odd or beginning.is_too_long():
            self._say(conn.sock, _ODD if beginning.is_odd else _TOO_LONG)
            self._give_up(conn)
        elif beginning.expects:  # a small body that the client holds back; who reads the request may ask for it again
            beginning.expects = False
            self._say(conn.sock, _CONTINUE)
        while self._gathered_bytes > GATHERED_BYTES_MAX:
            self._give_up(self.pending_conns[0])

    def _end(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        self._gathered_bytes -= len(self._beginnings.pop(conn).data)

    def _give_up(self, conn: TConn) -> None:
        self._end(conn)
        self.nr_conns -= 1
        conn.close()

    def _say(self, client: socket.socket, content: bytes) -> None:
        try:
            client.send(content)
        except OSError as error:
            log.debug("a client took nothing: %s", error)

    def _await(self, conn: TConn, callback: Callable[[TConn, socket.socket], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def _readied(self, client: PatientSocket, address: Any) -> PatientSocket | PatientTls:
        """Return the client's socket, which knows the threads that may wait for it; with TLS where that is on."""
        found = self._wrapped(client)
        found.lend = partial(self._lend, address)
        return found

    def _lend(self, address: Any) -> AbstractContextManager[bool]:
        lent: AbstractContextManager[bool] = self.tpool.lend(self._whose(address))
        return lent

    def _whose(self, address: Any) -> str:
        """Return the address that a client's share goes by: of IPv6 the network of 64 bits; none of a trusted proxy."""
        try:
            found = ipaddress.ip_address(address[0])
        except (IndexError, ValueError):
            return ""
        if found.version == 6:
            found = found.ipv4_mapped or found
        if any(found in network for network in self.cfg.forwarded_allow_networks()):
            return ""
        return str(found if found.version == 4 else ipaddress.ip_network((found, 64), strict=False))

    def _wrapped(self, client: PatientSocket) -> PatientSocket | PatientTls:
        """Put TLS around a client's socket where that is on; the handshake is made as the first bytes are read."""
        if not self.cfg.is_ssl:
            return client
        if self._tls is None:
            self._tls = gunicorn_sockets.ssl_context(self.cfg)
            self._tls.sslsocket_class = PatientTls
        client.setblocking(False)
        wrapped: PatientTls = self._tls.wrap_socket(
            client, server_side=True, suppress_ragged_eofs=True, do_handshake_on_connect=False
        )  # type: ignore[assignment]  # its class is set above
        return wrapped
