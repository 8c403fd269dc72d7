"""Group commit: what arrives while the disk is busy shares the next transaction and its one fsync."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from wakeful_collector.model.store_errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wakeful_collector.ingest.intake import Intake

log = logging.getLogger("wakeful.ingest")

GROUP_MAX = 512


class Committer:
    """A thread that hands what was submitted to `accept`, as much at once as is there, and then settles each of it.

    The thread starts at the first submission, so after a fork every process gets its own.
    """

    def __init__(self, accept: Callable[[Sequence[Intake]], None]) -> None:
        self._accept = accept
        self._waiting: list[Intake] = []
        self._ready = threading.Condition(threading.Lock())
        self._process = 0
        self._stopping = False
        self._thread: threading.Thread | None = None

    def submit(self, intakes: Sequence[Intake]) -> None:
        """Have these committed soon; each one's `settled` is called in the committing thread."""
        with self._ready:
            if self._process != os.getpid():
                self._start()
            if self._stopping:
                raise StoreBusy("the collector is stopping")
            self._waiting.extend(intakes)
            self._ready.notify()

    def stop(self) -> None:
        """Commit what is waiting and end the thread."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
            thread = self._thread
        if thread is not None and self._process == os.getpid():
            thread.join()

    def _start(self) -> None:
        self._process = os.getpid()
        self._waiting = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._stopping:
                    self._ready.wait()
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            if not group:
                return
            try:
                self._accept(group)
            except Exception as error:  # the thread must outlive whatever happens, or nobody is answered again
                log.exception("pushes could not be kept")
                for intake in group:
                    intake.error = intake.error or error
            for intake in group:
                _settle(intake)


def _settle(intake: Intake) -> None:
    try:
        intake.settled(intake)
    except Exception:  # somebody's closed connection must not end the thread
        log.exception("an answer could not be given")
