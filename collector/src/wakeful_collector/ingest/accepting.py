"""Keeps a group of pushes: state.db first (idempotent), then samples.db in one transaction that holds the marks."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from wakeful_collector import commands
from wakeful_collector.ingest import side, telling_apart
from wakeful_collector.model.store_errors import StoreError, StoreFull
from wakeful_collector.store import database, room, runs, samples, traffic

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wakeful_collector.ingest.intake import Intake
    from wakeful_collector.ingest.tally import Tally
    from wakeful_collector.ingest.telling_apart import Move

log = logging.getLogger("wakeful.ingest")

_SAID_EVERY_MS = 1_000
_COMPLAIN_EVERY_MS = 60_000
_ANSWERED = (samples.Verdict.NEW, samples.Verdict.KNOWN)


class Acceptance:
    """Owns the connections that pushes are written through; used by one thread at a time."""

    def __init__(self, data: Path, tally: Tally) -> None:
        self._data = data
        self._tally = tally
        self._open: dict[database.Family, tuple[int, sqlite3.Connection]] = {}
        self._moved: set[Move] = set()
        self._full_since_ms = room.look(data)[0]
        self._said_ms = 0
        self._complained_ms = 0

    def accept(self, group: Sequence[Intake]) -> None:
        """Keep the pushes and set each one's `verdict`, or its `error` when it could not be kept. Raises nothing."""
        now_ms = max(intake.now_ms for intake in group)
        try:
            self._keep(group)
        except StoreError as error:
            self._failed(group, error, now_ms)
        except Exception as error:
            if len(group) > 1:
                for intake in group:
                    self.accept([intake])
                return
            log.exception("a push of %s could not be kept", group[0].agent.id)
            group[0].error = error
        else:
            self._hand_out(group)
            self._say(now_ms)

    def close(self) -> None:
        """Close the connections."""
        for _, connection in self._open.values():
            connection.close()
        self._open.clear()

    def _keep(self, group: Sequence[Intake]) -> None:
        store = self._writer("samples")
        with database.translated():
            moves = self._keep_state(store, group)
            counted = self._tally.take() if self._may_say(group[0].now_ms) else {}
            began = time.monotonic()
            try:
                with database.transaction(store):
                    for move in moves - self._moved:
                        samples.move_run(store, *move)
                    verdicts = [_append(store, intake) for intake in group]
                    if counted:
                        traffic.add(store, counted)
            except BaseException:
                self._tally.give_back(counted)
                raise
        self._tally.add("commits")
        self._tally.add("commit_seconds", time.monotonic() - began)
        self._moved |= moves
        for intake, verdict in zip(group, verdicts, strict=True):
            intake.verdict = verdict

    def _keep_state(self, store: sqlite3.Connection, group: Sequence[Intake]) -> set[Move]:
        """Write what belongs into state.db; return the runs that belong to twins."""
        twins = telling_apart.find(store, group)
        told = [intake for intake in group if intake.reading.side is not None or intake.is_first]
        moves = {
            telling_apart.Move(intake.agent.key, intake.reading.run, intake.host_key)
            for intake in group
            if intake.host_key != intake.agent.key
        }
        if not twins and not told:
            return moves
        state = self._writer("state")
        with database.transaction(state):
            for intake, span in twins:
                moves.add(telling_apart.tell(state, store, intake, span))
            for intake in group:
                for move in moves:
                    if (intake.host_key, intake.reading.run) == (move.host_key, move.run):
                        intake.belongs_to(move.to_key)
            for intake in told:
                side.keep(state, intake, partial(runs.newest_ms, store, intake.host_key))
        return moves

    def _hand_out(self, group: Sequence[Intake]) -> None:
        """Claim the commands that the answers will carry; where the store cannot, they go with a later answer."""
        due = [one for one in group if one.verdict in _ANSWERED and one.host_key in one.agent.open_hosts]
        if not due:
            return
        try:
            state = self._writer("state")
            with database.transaction(state):
                found = [
                    commands.hand_out(state, one.host_key, one.reading.run, one.reading.sequence, one.now_ms)
                    for one in due
                ]
        except StoreError as error:
            log.warning("commands could not be handed out: %s", error)
            return
        for intake, handed in zip(due, found, strict=True):
            intake.handed = handed

    def _writer(self, family: database.Family) -> sqlite3.Connection:
        """Return the connection to a database; a new one when the file was replaced by a restore."""
        inode = database.database_path(self._data, family).stat().st_ino
        known = self._open.get(family)
        if known is None or known[0] != inode:
            if known is not None:
                known[1].close()
            known = self._open[family] = (inode, database.writer(self._data, family))
        return known[1]

    def _failed(self, group: Sequence[Intake], error: StoreError, now_ms: int) -> None:
        for intake in group:
            intake.error = error
        if now_ms - self._complained_ms >= _COMPLAIN_EVERY_MS:
            self._complained_ms = now_ms
            log.error("pushes are answered 503: %s", error)
        if isinstance(error, StoreFull) and not self._full_since_ms:
            self._full_since_ms = now_ms
            room.mark(self._data, now_ms, 0)

    def _say(self, now_ms: int) -> None:
        if self._full_since_ms:
            self._full_since_ms = 0
        elif not self._may_say(now_ms):
            return
        self._said_ms = now_ms
        room.mark(self._data, 0, now_ms)

    def _may_say(self, now_ms: int) -> bool:
        """Tell whether it is time again; at once when the clock was set back."""
        return not 0 <= now_ms - self._said_ms < _SAID_EVERY_MS


def _append(store: sqlite3.Connection, intake: Intake) -> samples.Verdict:
    if intake.reading.series is not None:
        samples.add_schema(store, intake.reading.schema, intake.reading.series)
    return samples.append(store, intake.hot, intake.now_ms)
