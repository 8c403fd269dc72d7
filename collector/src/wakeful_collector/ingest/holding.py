"""Keeps the answer to an agent in live mode back for a moment, so that a command asked meanwhile leaves at once."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector import clock, commands
from wakeful_collector.ingest import rhythm
from wakeful_collector.store import changes, database
from wakeful_collector.store.commands import hosts_asked
from wakeful_collector.store.samples import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from wakeful_collector.ingest.intake import Intake
    from wakeful_collector.ingest.rhythm import Rhythm

    Settled = Callable[[Intake], object]
    _Seen = tuple[int, int, tuple[int, ...]]

log = logging.getLogger("wakeful.ingest")

LOOK_SECONDS = 0.01
HELD_MAX = 1_000
THREADS_MAX = 4
"""How many answers may be held that a thread of the web server waits for."""
_RUNS_MAX = 10_000


class _Held(NamedTuple):
    intake: Intake
    settled: Settled
    until_seconds: float
    by_thread: bool


class Holding:
    """Answers held back, and the thread that lets them go: at a command, or shortly before the agent's next push.

    The thread starts at the first one, so after a fork every process gets its own.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._changed = threading.Condition(threading.Lock())
        self._held: list[_Held] = []
        self._rhythms: dict[tuple[int, str], Rhythm] = {}
        self._process = 0
        self._stopping = False
        self._thread: threading.Thread | None = None

    def between(self, settled: Settled, by_thread: bool) -> Settled:
        """Return what to call in place of `settled`: it holds the push's answer back where that is worth it."""
        came_seconds = clock.monotonic_seconds()

        def settle(taken: Intake) -> None:
            seconds = self._worth_seconds(taken)
            if not (seconds and self._hold(_Held(taken, settled, came_seconds + seconds, by_thread))):
                settled(taken)

        return settle

    def close(self) -> None:
        """Let everything go; nothing is held from now on."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            thread = self._thread if self._process == os.getpid() else None
        if thread is not None:
            thread.join()

    def _worth_seconds(self, taken: Intake) -> float:
        """Return how long to hold the answer of a live agent that was asked nothing yet and has no more to say."""
        agent = taken.agent
        if not (agent.acts and taken.verdict is Verdict.NEW):
            return 0.0
        run, sequence = (taken.host_key, taken.reading.run), taken.reading.sequence
        before = self._rhythms.get(run)
        if len(self._rhythms) >= _RUNS_MAX:
            self._rhythms.clear()
        self._rhythms[run] = now = rhythm.heard(before, sequence, taken.hot.to_ms, taken.now_ms)
        if now.sequence != sequence or agent.live_until_ms <= taken.now_ms:
            return 0.0
        if taken.error is not None or taken.wants or taken.handed.commands or taken.handed.awaited:
            return 0.0
        side = taken.reading.side
        return 0.0 if side is not None and side.events else rhythm.hold_ms(now) / 1000

    def _hold(self, one: _Held) -> bool:
        with self._changed:
            if self._process != os.getpid():
                self._held = []
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, name="holding", daemon=True)
                self._thread.start()
            busy = one.by_thread and sum(other.by_thread for other in self._held) >= THREADS_MAX
            if self._stopping or busy or len(self._held) >= HELD_MAX:
                return False
            self._held.append(one)
            self._changed.notify_all()
        return True

    def _run(self) -> None:
        seen: _Seen | None = None
        while True:
            with self._changed:
                while not self._held and not self._stopping:
                    self._changed.wait()
                held, stopping = tuple(self._held), self._stopping
            try:
                seen, called = self._called(held, seen)
            except Exception as error:  # whatever it is, nobody waits longer for it
                log.warning("commands could not be looked for: %s", error)
                called = {one.intake.host_key for one in held}
            now_seconds = clock.monotonic_seconds()
            going = [
                one for one in held if stopping or one.intake.host_key in called or one.until_seconds <= now_seconds
            ]
            gone = {id(one) for one in going}
            with self._changed:
                self._held = [one for one in self._held if id(one) not in gone]
            for one in going:
                _let_go(one)
            with self._changed:
                if self._stopping and not self._held:
                    return
                if not going:
                    self._changed.wait(LOOK_SECONDS)

    def _called(self, held: tuple[_Held, ...], seen: _Seen | None) -> tuple[_Seen, Collection[int]]:
        """Return the hosts that were asked something, the commands claimed; `seen` is what was looked at before."""
        with database.translated():
            connection = database.reader(self._data, "state")
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            looked = (id(connection), version, tuple(id(one) for one in held))
            if looked == seen:
                return looked, ()
            called = hosts_asked(connection, {one.intake.host_key for one in held})
        if called:
            self._claim([one for one in held if one.intake.host_key in called])
        return looked, called

    def _claim(self, called: list[_Held]) -> None:
        with changes.changing(self._data) as connection:
            found = [
                commands.hand_out(
                    connection, one.intake.host_key, one.intake.reading.run, one.intake.reading.sequence, clock.now_ms()
                )
                for one in called
            ]
        for one, handed in zip(called, found, strict=True):
            one.intake.handed = handed


def _let_go(held: _Held) -> None:
    try:
        held.settled(held.intake)
    except Exception:  # somebody's closed connection must not end the thread
        log.exception("an answer could not be given")
