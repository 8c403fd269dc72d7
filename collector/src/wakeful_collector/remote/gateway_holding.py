"""A program that runs while a machine is claimed: lease, wait until it is awake, run, renew meanwhile, give back."""

from __future__ import annotations

import signal
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import FAILED, OK, TIMED_OUT, Failure, usage
from wakeful_collector.remote.session import connect

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from wakeful_collector.remote.session import Session

HELD_SECONDS = 300
"""How long the lease lives without being renewed: so soon a machine may sleep again when this program was killed."""

_KILLED = 128


def while_running(session: Session, given: argparse.Namespace, awake: Callable[[], int]) -> int:
    """Run `given.arguments` while a lease on `given.machine` is held; return its exit code; raise Failure."""
    note = given.note or given.arguments[0]
    asked = {"machine": given.machine, "seconds": HELD_SECONDS, "note": note[:200]}
    lease = str(asking.result_of(session, "gateway.lease", asked)["lease"]["id"])
    try:
        with _Renewing(session, {"lease": lease, "seconds": HELD_SECONDS}):
            code = awake()
            if code != OK:
                said = {TIMED_OUT: "is not awake yet", FAILED: "could not be woken"}.get(code, "is not awake")
                raise Failure(code, "not_awake", f"{given.machine} {said}; nothing was run")
            return _program(given.arguments)
    finally:
        with suppress(Failure):  # it was released by somebody, or ends by itself soon
            asking.result_of(session, "gateway.release", {"lease": lease})


def _program(words: list[str]) -> int:
    """Run a program to its end and return its exit code; it decides what the terminal's signals mean."""
    try:
        child = subprocess.Popen(words)
    except OSError as error:
        raise usage(f"{words[0]} cannot be run: {error.strerror}") from None
    # No exception may come out of the wait, or the exit code is lost on the way. Ctrl-C reaches the program by itself.
    before = {signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None)}
    for number in (signal.SIGTERM, signal.SIGHUP):
        before[number] = signal.signal(number, lambda number, _: child.send_signal(number))
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else _KILLED - code


class _Renewing:
    """Renews a lease from a thread and a connection of its own; what fails is tried again at the next turn."""

    def __init__(self, session: Session, asked: dict[str, Any], every_seconds: float = HELD_SECONDS / 5) -> None:
        self._client = connect(session.profile, session.environ, session.timeout_seconds)
        self._asked = asked
        self._every_seconds = every_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> _Renewing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._client.close()

    def _renew(self) -> None:
        while not self._over.wait(self._every_seconds):
            try:
                self._client.post(path("operations", "gateway.renew"), self._asked)
            except Failure:
                continue  # the lease outlives several turns that fail
