"""Keeps what stands of each host and what of it is a trouble, for the fleet page."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.trouble import METRICS, Reading, Trouble, troubles
from wakeful_collector.store import database, history, sealing
from wakeful_collector.store import standing as table
from wakeful_collector.store.catalogue import Catalogue, catalogue

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

LONGEST_MS = 65 * 60_000
"""A reading older than this beside a host's newest tick stands no more: no meter's interval is longer than an hour."""

WRITE_EVERY_MS = 600_000
"""Readings are kept this often while they make the same troubles; after a restart the rest is read again."""


JUDGE_EVERY_MS = 60_000
"""How often readings that did not change are judged again: a certificate runs out by time alone."""


class _Held(NamedTuple):
    """What is known of a host between two looks.

    `written_ms` is the time of its newest tick when it was kept, `judged_ms` when its readings were judged.
    """

    at_ms: int
    known: dict[int, tuple[int, float]]
    troubles: list[Trouble] | None
    written_ms: int
    judged_ms: int


class Watch:
    """Looks at what every host pushed since it last looked; a new one goes on from what was kept."""

    def __init__(self) -> None:
        self._places = table.Places()
        self._held: dict[int, _Held] | None = None

    def refresh(self, data: Path, now_ms: int) -> int:
        """Bring every host up to its newest push and keep what changed; return how many hosts that were."""
        with history.looking(data) as reader:
            known = catalogue(data)
            self._places.want({number for name in METRICS for number in known.numbers.get(name, ())})
            held = _kept(reader) if self._held is None else self._held
            heard = table.heard(reader)
            looked = {
                host: self._look(reader, host, heard.get(host, 0), held.get(host), known, now_ms)
                for host in sealing.hosts(reader)
            }
        changed = {host: one for host, one in looked.items() if _is_due(held.get(host), one)}
        if changed:
            rows = {host: (table.of(one.at_ms, one.known), one.troubles or []) for host, one in changed.items()}
            with closing(database.writer(data, "samples")) as connection:
                table.write(connection, rows)
        self._held = looked | {host: one._replace(written_ms=one.at_ms) for host, one in changed.items()}
        return len(changed)

    def _look(
        self, reader: sqlite3.Connection, host: int, heard_ms: int, before: _Held | None, known: Catalogue, now_ms: int
    ) -> _Held:
        one = before or _Held(now_ms - LONGEST_MS, {}, [], 0, now_ms)
        held = one.known
        if heard_ms > one.at_ms:
            newer = table.newer(reader, host, one.at_ms, self._places)
            one = one._replace(at_ms=heard_ms)
            if newer is not None:
                both = (held | newer.known).items()
                oldest_ms = heard_ms - LONGEST_MS
                held = {number: each for number, each in both if number in newer.having and each[0] > oldest_ms}
        is_due = one.troubles is None or not 0 <= now_ms - one.judged_ms < JUDGE_EVERY_MS
        if is_due or _values(held) != _values(one.known):
            one = one._replace(troubles=troubles(_readings(held, known), now_ms), judged_ms=now_ms)
        return one._replace(known=held)


def _values(held: dict[int, tuple[int, float]]) -> dict[int, float]:
    return {number: value for number, (_, value) in held.items()}


def _kept(reader: sqlite3.Connection) -> dict[int, _Held]:
    return {host: _Held(one.at_ms, one.known(), None, one.at_ms, 0) for host, one in table.read(reader).items()}


def _is_due(before: _Held | None, after: _Held) -> bool:
    if after.troubles != ([] if before is None else before.troubles):
        return True
    return bool(after.known) and after.at_ms - after.written_ms >= WRITE_EVERY_MS


def _readings(held: dict[int, tuple[int, float]], known: Catalogue) -> list[Reading]:
    found = [(known.series.get(number), value) for number, (_, value) in sorted(held.items())]
    return [Reading(one.name, one.labels, value) for one, value in found if one is not None]
