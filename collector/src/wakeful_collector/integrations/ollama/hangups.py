"""Notices at once when a client hangs up, whatever its thread waits for at that moment.

One thread a process looks at the sockets of all requests that are under way. It never reads: what a client sends early
is none of its business.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

_GONE = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR


class Hangups:
    """Calls back, from a thread of its own, when the other end of a socket is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._calls: dict[int, Callable[[], object]] = {}
        self._poll = select.epoll()

    @contextmanager
    def watched(self, client: socket.socket | None, gone: Callable[[], object]) -> Iterator[None]:
        """Call `gone` once if the client hangs up inside the block; it must not block. None cannot be watched."""
        descriptor = -1 if client is None else client.fileno()
        if descriptor < 0:
            yield
            return
        self._add(descriptor, gone)
        try:
            yield
        finally:
            self._remove(descriptor)

    def _add(self, descriptor: int, gone: Callable[[], object]) -> None:
        with self._lock:
            if self._pid != os.getpid():  # a child of a fork has neither the thread nor a poll of its own
                self._pid = os.getpid()
                self._calls, self._poll = {}, select.epoll()
                threading.Thread(target=self._look, args=(self._poll,), name="hangups", daemon=True).start()
            self._calls[descriptor] = gone
            self._poll.register(descriptor, _GONE | select.EPOLLONESHOT)

    def _remove(self, descriptor: int) -> None:
        with self._lock:
            self._calls.pop(descriptor, None)
            try:
                self._poll.unregister(descriptor)
            except OSError:  # closed meanwhile: then the kernel has forgotten it by itself
                return

    def _look(self, poll: select.epoll) -> None:
        while True:
            for descriptor, _ in poll.poll():
                with self._lock:  # so that the call is over before the block is left and the number is another's
                    gone = self._calls.pop(descriptor, None)
                    if gone is not None:
                        gone()
