"""One thread that listens at many connections and keeps many appointments; what may block is done beside it.

A thread for each of hundreds of websockets would cost their memory for nothing: they are silent most of the time.
"""

from __future__ import annotations

import os
import selectors
import threading
from collections import deque
from time import monotonic

from wakeful_agent.network.crew import Crew

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Hashable, Protocol, TypeVar

    Got = TypeVar("Got")

    class End(Protocol):
        """Something that can be listened at."""

        def fileno(self) -> int:
            """Return its descriptor."""


END_SECONDS = 2.0


class Switchboard:
    """Runs until `end`. `call` and `aside` may be called from any thread, the rest in the board's own.

    Functions that are handed in must not block. What one raises is kept as `fault` and ends nothing: the thread serves
    all others too.
    """

    def __init__(self, name: str) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._read, selectors.EVENT_READ)
        self._calls: deque[Callable[[], None]] = deque()
        self._reminders: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        self._eager: dict[int, Callable[[], bool]] = {}
        self._crew = Crew(f"{name}-aside")
        self._lock = threading.Lock()
        self._ended = self._closed = False
        self.fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], None]) -> None:
        """Have it called in the board's thread, in the order of the calls."""
        self._calls.append(function)
        self._wake()

    def aside(
        self, work: Callable[[], Got], then: Callable[[Got | None, Exception | None], None], urgent: bool
    ) -> None:
        """Do what may block in another thread, and call `then` with what it returned or raised in the board's."""

        def run() -> None:
            try:
                found = work()
            except Exception as error:
                failed = error
                self.call(lambda: then(None, failed))
            else:
                self.call(lambda: then(found, None))

        self._crew.do(run, urgent)

    def listen(self, end: End, heard: Callable[[], bool]) -> None:
        """Call `heard` when something comes at `end`, again at once while it returns that more may be there."""
        if end.fileno() in self._selector.get_map():  # of a connection that was closed by itself
            self._selector.unregister(end.fileno())
        self._selector.register(end.fileno(), selectors.EVENT_READ, heard)
        self._eager[end.fileno()] = heard  # what came with the handshake is waiting already

    def forget(self, end: End) -> None:
        """Listen there no more; to be called before it is closed."""
        self._eager.pop(end.fileno(), None)
        try:
            self._selector.unregister(end.fileno())
        except (KeyError, ValueError):  # it was closed already, or never listened at
            return

    def remind(self, key: Hashable, at: float | None, function: Callable[[], None]) -> None:
        """Call `function` at a moment of `time.monotonic`, instead of what was said for the key before; None: never."""
        if at is None:
            self._reminders.pop(key, None)
        else:
            self._reminders[key] = (at, function)

    def end(self) -> None:
        """Stop when what was to be called is called; returns within two seconds, whatever hangs beside."""
        self._crew.end()
        self.call(self._stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        while not self._ended:
            self._turn()
        with self._lock:  # who calls later must not write into what has the number then
            self._closed = True
            os.close(self._write)
        self._selector.close()
        os.close(self._read)

    def _stop(self) -> None:
        self._ended = True

    def _do(self, function: Callable[[], Got]) -> Got | None:
        try:
            return function()
        except Exception as error:
            self.fault = error
            return None

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            if key.fd == self._read:
                os.read(self._read, 4096)
            else:
                self._eager[key.fd] = key.data
        eager, self._eager = self._eager, {}
        for descriptor, heard in eager.items():
            if self._do(heard):
                self._eager.setdefault(descriptor, heard)
        while self._calls:
            self._do(self._calls.popleft())
        now = monotonic()
        for name in [name for name, (at, _) in self._reminders.items() if at <= now]:
            found: Any = self._reminders.pop(name, None)
            if found is not None:
                self._do(found[1])

    def _patience(self) -> float | None:
        if self._eager or self._calls:
            return 0.0
        nearest = min((at for at, _ in self._reminders.values()), default=None)
        return None if nearest is None else max(0.0, nearest - monotonic())

    def _wake(self) -> None:
        with self._lock:
            if self._closed:
                return
            try:
                os.write(self._write, b"w")
            except BlockingIOError:  # it has reasons to wake up already
                return
