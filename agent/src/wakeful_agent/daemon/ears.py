"""What the daemon hears between ticks: signals, and answers that the sender's thread brings."""

from __future__ import annotations

import os
import select
import signal
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from wakeful_wire.answer import Answer

STOPPING = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "SIGINT"}


class Ears:
    """A pipe that ends the daemon's sleep, and what woke it."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.answers: deque[Answer] = deque(maxlen=64)
        self.refusals: deque[str] = deque(maxlen=64)
        self.stop = ""
        """The name of the signal that asked to stop; empty while none did."""
        self.reload = False

    def listen(self) -> None:
        """Take the signals over; to be called in the main thread."""
        for number in STOPPING:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def answered(self, answer: Answer) -> None:
        """Take an answer from the sender's thread; wake the daemon only when it says something."""
        if answer.config is not None or answer.wants or answer.live_until_ms or answer.commands:
            self.answers.append(answer)
            self.wake()

    def refused(self, code: str) -> None:
        """Take the code of a push that was refused for good."""
        self.refusals.append(code)
        self.wake()

    def wake(self) -> None:
        """End the sleep; nothing happens once the ears are closed, which other threads may outlive."""
        try:
            os.write(self._write, b"w")
        except OSError:  # the pipe is full of reasons to wake up already, or closed
            return

    def sleep(self, seconds: float) -> None:
        """Sleep until somebody calls or the time is over."""
        if select.select([self._read], [], [], max(0.0, seconds))[0]:
            os.read(self._read, 4096)

    def close(self) -> None:
        """Give the signals and the pipe back."""
        for number in (*STOPPING, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        written, self._write = self._write, -1
        os.close(self._read)
        os.close(written)

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        self.stop = STOPPING[signal.Signals(number)]

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True
