"""One child process that is kept alive: started, watched, restarted with patience, stopped in time."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger("wakeful.serve")

BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0


def restart_delay_seconds(deaths_in_a_row: int) -> float:
    """Return how long to wait before the next start after so many deaths without a steady run between them."""
    return BACKOFF_SECONDS[min(max(deaths_in_a_row, 1), len(BACKOFF_SECONDS)) - 1]


@dataclass
class Child:
    """A child process by name, with its command line; `due` is the monotonic time of its next start."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    deaths_in_a_row: int = 0
    exit_codes: list[int] = field(default_factory=list)

    def tend(self, now: float) -> None:
        """Start the child when it is due, notice its death; `now` is in monotonic seconds."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self._note_death(code, now)
        if now >= self.due:
            self._start(now)

    def signal(self, number: int) -> None:
        """Send a signal to the child if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, patience_seconds: float) -> None:
        """Wait until the child, already asked to end, has ended; kill its whole group when it does not in time."""
        if self.process is None:
            return
        try:
            self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            log.warning("%s does not stop, killing it", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def _start(self, now: float) -> None:
        self.started = now
        try:
            self.process = subprocess.Popen(
                self.argv,
                env=dict(self.environ),
                pass_fds=self.pass_fds,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:  # no memory, no process left: the others go on meanwhile
            self._wait_for_next(now, f"cannot be started: {error.strerror}")
            return
        log.debug("%s runs as process %d", self.name, self.process.pid)

    def _note_death(self, code: int, now: float) -> None:
        self.process = None
        self.exit_codes = [*self.exit_codes[-9:], code]
        self._wait_for_next(now, f"was killed by {_signal(-code)}" if code < 0 else f"ended with code {code}")

    def _wait_for_next(self, now: float, how: str) -> None:
        self.deaths_in_a_row = 1 if now - self.started > STEADY_SECONDS else self.deaths_in_a_row + 1
        delay = restart_delay_seconds(self.deaths_in_a_row)
        self.due = now + delay
        log.error("%s %s, starting it again in %.1f s", self.name, how, delay)


def _signal(number: int) -> str:
    """Return the name of a signal; those that have none by their number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def stop_all(children: Sequence[Child], patience_seconds: float) -> None:
    """Ask all children to end, wait for them together at most `patience_seconds`, kill who is left."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    for child in children:
        child.stop(max(0.1, deadline - time.monotonic()))
