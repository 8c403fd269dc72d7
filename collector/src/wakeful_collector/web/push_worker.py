"""gunicorn's threaded worker with a lane of its own for pushes on kept-alive connections.

An agent keeps its connection and sends the same plain request for ever. Such a request is read in the event loop as
soon as it is there, its push goes to the group commit, and the answer is written by the thread that committed it: no
thread is woken and no environment built for it. Whatever is not as plain as that takes gunicorn's ordinary way.

A request that may take minutes (`kit_long.LONG_PATHS`) is handed over to a thread of its own once its head was read, so
that the few threads of the pages are there for the pages.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from wakeful_collector.ingest.answers import Reply
from wakeful_collector.web import push_lane
from wakeful_collector.web.gathering_worker import GatheringWorker
from wakeful_collector.web.kit_long import CROWDED, begins_long, is_long
from wakeful_collector.web.long_requests import ReadAhead, hang_up, serve
from wakeful_collector.web.long_threads import LongThreads

if TYPE_CHECKING:
    import socket

    from gunicorn.workers.gthread import TConn

    from wakeful_collector.ingest.intake import Intake
    from wakeful_collector.web.push_lane import LaneRequest

log = logging.getLogger("wakeful.web")

CLOSERS = 4
DRAIN_SECONDS = 0.2
HANDED_OVER = object()
"""Stands for the end of a request that another thread serves."""


class PushWorker(GatheringWorker):
    """A worker that serves an `AgentApi` (or any WSGI application, which then has no lane)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gathered: list[Intake] = []
        self._under_way: set[TConn] = set()
        self._paused: set[TConn] = set()
        self._apart: set[TConn] = set()
        self._long = LongThreads()

    def init_process(self) -> None:
        """Prepare the process; some threads do nothing but see off clients that were answered for the last time."""
        self._closers = ThreadPoolExecutor(max_workers=CLOSERS, thread_name_prefix="closer")
        super().init_process()

    def finish_request(self, conn: TConn, future: Future[Any]) -> None:
        """Keep a connection, or see it off elsewhere: gunicorn waits up to 2 s for the other end in the event loop."""
        if not future.cancelled() and future.exception() is None and future.result() is HANDED_OVER:
            return
        if future.cancelled() or future.exception() is not None or future.result():
            super().finish_request(conn, future)
            return
        self.nr_conns -= 1
        self._closers.submit(conn.close, graceful=True)

    def handle_request(self, request: Any, conn: TConn) -> Any:
        """Answer a request; a long one is handed over to a thread of its own, or refused when there is none."""
        is_apart = conn in self._apart
        self._apart.discard(conn)
        if isinstance(conn.parser, ReadAhead):
            conn.parser = conn.parser.parser
        if not is_long(request.path):
            return super().handle_request(request, conn)
        if is_apart:
            return serve(self, conn, request, {})
        if self._long.submit(partial(self._go_on_apart, request, conn)):
            return HANDED_OVER
        return serve(self, conn, request, {CROWDED: True})

    def _go_on_apart(self, request: Any, conn: TConn) -> None:
        """Go on with a connection in this thread, from the request that another one read."""
        conn.parser = ReadAhead(conn.parser, request)
        self._handle_apart(conn)

    def _handle_apart(self, conn: TConn) -> None:
        """Do for a connection in this thread what a thread of the pool would do."""
        self._apart.add(conn)
        future: Future[Any] = Future()
        is_kept = False
        try:
            is_kept = self.handle(conn)
        finally:
            self._apart.discard(conn)
            future.set_result(is_kept)
            self.method_queue.defer(self.finish_request, conn, future)

    def _keepalive_after(self, conn: TConn, keepalive: Any) -> Any:
        """Leave a connection that was handed over to whom it was handed; end one with a body that nobody wants.

        gunicorn would wait for the rest of it in the thread, up to 5 s, and a stranger could hold it without a key.
        """
        if keepalive is HANDED_OVER or not keepalive:
            return keepalive
        return bool(conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Take the push that a connection brings, or what else."""
        if conn in self._under_way:
            self._pause(conn, client)
            return
        data = self.received(client)
        if not data:
            if data is not None:
                self.drop(conn, client)
            return
        has_lane = self.alive and not self.cfg.is_ssl and hasattr(self.wsgi, "door")
        request = push_lane.read_request(data) if has_lane else None
        if request is None:
            self.gather(conn, client, data)
        else:
            self._keep(conn, request)

    def hand_over(self, conn: TConn, data: bytes) -> None:
        """Hand a connection to a thread: where a long request begins, at once to one of those for it."""
        conn.parser.unreader.unread(data)
        if not (begins_long(data) and self._long.submit(partial(self._handle_apart, conn))):
            self.enqueue_req(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Look at what the connections brought, then have all pushes among it committed together."""
        super().wait_for_and_dispatch_events(timeout)
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self.wsgi.door.submit(gathered)

    def _keep(self, conn: TConn, request: LaneRequest) -> None:
        """Take a push; what nobody thought of costs this one connection, not the event loop with all of them."""
        try:
            self._take(conn, request)
        except Exception:
            log.exception("a push could not be taken")
            hang_up(conn.sock)

    def _take(self, conn: TConn, request: LaneRequest) -> None:
        api = self.wsgi
        now_ms = api.clock_ms()
        conn.set_timeout()
        self.keepalived_conns.append(conn)

        def settled(taken: Intake) -> None:
            self._answer(conn, api.door.reply(taken), request.takes_gzip, now_ms)

        taken = api.door.authenticate(request.authorization, now_ms)
        if not isinstance(taken, Reply):
            taken = api.door.admit(taken, request.body, request.encoding, now_ms, settled, push_lane.INFLATED_BYTES_MAX)
        if isinstance(taken, Reply):
            self._answer(conn, taken, request.takes_gzip, now_ms)
            return
        self._under_way.add(conn)
        self._gathered.append(taken)

    def _answer(self, conn: TConn, reply: Reply, takes_gzip: bool, now_ms: int) -> None:
        """Write an answer; in the event loop or in the committing thread."""
        content = push_lane.render(reply, takes_gzip, now_ms)
        try:
            whole = conn.sock.send(content) == len(content)
        except OSError:
            whole = False
        if not whole:
            hang_up(conn.sock)
        # Only now may the event loop close the socket: a descriptor that is sent to must not be somebody else's.
        self._under_way.discard(conn)
        if conn in self._paused:
            self.method_queue.defer(self._resume, conn)

    def _pause(self, conn: TConn, client: socket.socket) -> None:
        """Stop listening to a client that speaks before it was answered (or leaves), until it was."""
        self.poller.unregister(client)
        self._paused.add(conn)
        if conn not in self._under_way:
            self._resume(conn)

    def _resume(self, conn: TConn) -> None:
        if conn not in self._paused:
            return
        self._paused.discard(conn)
        if conn in self.keepalived_conns:
            self.listen_to(conn)
