"""The worker's job that decides: hosts that fell silent or are back, incidents that need people or are over.

Each decision, the event that tells of it and the messages it makes are one transaction.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wakeful_collector.model import incident as shapes
from wakeful_collector.model import silence, story
from wakeful_collector.model.incident import Circumstances, Incident, Policy
from wakeful_collector.model.silence import Listening, Patience
from wakeful_collector.outbox import noting, telling
from wakeful_collector.read import hosts
from wakeful_collector.store import absences, changes, database, events, incidents, inventories, room
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.model.host import Host
    from wakeful_collector.store.absences import Absence


_CUT_OFF = (shapes.WATCH, shapes.BLIND)
"""What a host tells of itself: while it is silent, only its silence is told."""


class Lookout:
    """Looks at all hosts and at what goes on; remembers since when it could hear them."""

    def __init__(self) -> None:
        self._listening: dict[Path, Listening] = {}

    def __call__(self, data: Path, settings: Settings, now_ms: int) -> int:
        """Decide what is due at `now_ms` and return how many incidents changed."""
        is_full = room.look(data)[0] > 0
        listening = silence.listen(self._listening.get(data), now_ms, not is_full)
        self._listening[data] = listening
        known = {host.key: host for host in hosts.hosts(data)}
        patience = Patience(settings.silent_after_intervals, settings.silent_after_seconds)
        silent = {
            key
            for key, host in known.items()
            if silence.is_silent(host.last_seen_ms, host.interval_seconds, listening, patience, now_ms)
        }
        heard = {
            key
            for key, host in known.items()
            if silence.is_heard(host.last_seen_ms, host.interval_seconds, patience, now_ms)
        }
        with database.translated():
            reader = database.reader(data, "state")
            going_on = incidents.going_on(reader)
            absent = absences.standing(reader, now_ms)
        if not silent and not going_on and not absent:
            return 0
        return _Look(data, settings, now_ms, known, silent, heard).decide()


class _Look:
    """One look at everything, with what it needs to decide."""

    def __init__(
        self,
        data: Path,
        settings: Settings,
        now_ms: int,
        known: dict[int, Host],
        silent: set[int],
        heard: set[int],
    ) -> None:
        self.data = data
        self.now_ms = now_ms
        self.known = known
        self.silent = silent
        self.heard = heard
        self.policy = Policy(settings.notify_patience_seconds * 1000, settings.notify_settle_seconds * 1000)

    def decide(self) -> int:
        """Judge everything that goes on, as it stands inside the transaction; return how many incidents changed."""
        changed = 0
        with changes.changing(self.data) as connection:
            absent = absences.standing(connection, self.now_ms)
            self._wake_sleepers(connection, absent)
            going_on = incidents.going_on(connection)
            gone_quiet = {one.host_key: one for one in going_on if one.kind == shapes.HOST}
            for key in sorted(self.silent - gone_quiet.keys() - absent.keys()):
                opened = self._fell_silent(connection, self.known[key])
                gone_quiet[key] = opened
                going_on.append(opened)
            for one in going_on:
                changed += self._judge(connection, one, gone_quiet)
        return changed

    def _judge(self, connection: sqlite3.Connection, one: Incident, gone_quiet: dict[int, Incident]) -> bool:
        host = self.known.get(one.host_key)
        if host is None and one.host_key != shapes.NO_HOST:
            incidents.keep(connection, replace(one, state=shapes.CLOSED, ending="the host was forgotten"))
            return True
        found = self._heard(connection, one, host) if one.kind == shapes.HOST and host is not None else one
        is_cut_off = one.kind in _CUT_OFF and one.host_key in gone_quiet and one.host_key in self.silent
        around = Circumstances(
            muted=is_cut_off or (found.told_ms is None and noting.is_muted(connection, one, self.now_ms)),
            confirmed=found.late and not is_cut_off and _stands(connection, found),
        )
        # A host is calm for as long as it was heard, not for as long as nobody noticed that it went silent again.
        is_settling = found.kind == shapes.HOST and found.state == shapes.SETTLING
        at_ms = (host.last_seen_ms or 0) if host is not None and is_settling else self.now_ms
        judged, moment = shapes.judge(found, at_ms, self.policy, around)
        if moment is not None:
            telling.tell(connection, judged, moment, self.now_ms)
        if judged == one:
            return False
        incidents.keep(connection, judged)
        return True

    def _fell_silent(self, connection: sqlite3.Connection, host: Host) -> Incident:
        last_ms = host.last_seen_ms or self.now_ms
        seconds = (self.now_ms - last_ms) / 1000
        cause = f"has been silent for {story.span(seconds)}"
        lines = [story.line(self.now_ms, "host.silent", {"detail": f"nothing heard for {story.span(seconds)}"})]
        for last in events.page(connection, host.key, None, 1):
            if last["kind"] == "agent.stopped":
                lines.insert(0, story.line(last["at_ms"], "agent.stopped", json.loads(last["data"])))
        opened = Incident(
            id=noting.new_id(),
            host_key=host.key,
            kind=shapes.HOST,
            subject=host.name[:256],
            reference="",
            state=shapes.OPEN,
            opened_ms=last_ms,
            changed_ms=last_ms,
            heard_ms=self.now_ms,
            cause=cause,
            urgent=True,
            story=tuple(lines),
        )
        incidents.keep(connection, opened)
        self._tell(connection, "host.silent", host, opened, {"last_seen_ms": last_ms})
        return opened

    def _heard(self, connection: sqlite3.Connection, one: Incident, host: Host) -> Incident:
        """Return a host's incident as it is now that the host was heard, or fell silent once more."""
        if one.state == shapes.OPEN and host.key in self.heard:
            last_ms = host.last_seen_ms or self.now_ms
            line = story.line(last_ms, "host.back", {"seconds_down": (last_ms - one.opened_ms) / 1000})
            self._tell(connection, "host.back", host, one, {"seconds_silent": (last_ms - one.opened_ms) // 1000})
            calm = shapes.calm(one, last_ms, line.text, self.now_ms)
            return replace(calm, story=(*one.story, line)[-shapes.STORY_LINES_MAX :])
        if one.state == shapes.SETTLING and host.key in self.silent:
            line = story.line(self.now_ms, "host.silent", {})
            again = shapes.fall(one, self.now_ms)
            self._tell(connection, "host.silent", host, again, {"last_seen_ms": host.last_seen_ms})
            return replace(again, story=(*one.story, line)[-shapes.STORY_LINES_MAX :])
        return one

    def _tell(self, connection: sqlite3.Connection, kind: str, host: Host, one: Incident, data: dict[str, Any]) -> None:
        told = {"incident": one.id, **data}
        if kind == "host.silent":
            event = Event(f"{one.id}-silent-{one.falls}", self.now_ms, "host.silent", host.name, told)
        else:
            event = Event(f"{one.id}-back-{one.falls}", self.now_ms, "host.back", host.name, told)
        events.add(connection, host.key, [event], self.now_ms)

    def _wake_sleepers(self, connection: sqlite3.Connection, absent: dict[int, Absence]) -> None:
        """Expect a host again that was put to sleep, fell silent, and is heard; absences that ran out go."""
        absences.prune(connection, self.now_ms)
        for key, absence in list(absent.items()):
            if absence.kind != silence.SLEEPING or key not in self.known:
                continue
            if key in self.silent and not absence.slept:
                absences.note_slept(connection, key)
            elif absence.slept and key in self.heard:
                absences.end(connection, key)
                del absent[key]


def _stands(connection: sqlite3.Connection, one: Incident) -> bool:
    """Tell whether the host's newest word on its watches says that this one is still down."""
    found = inventories.body(connection, one.host_key, "watches")
    if found is None or found[1] < one.opened_ms:
        return False
    listed = json.loads(found[2])
    standing = {"unknown"} if one.kind == shapes.BLIND else {"down", "held"}
    watches = listed if isinstance(listed, list) else []
    return any(
        isinstance(watch, dict) and watch.get("name") == one.subject and str(watch.get("state", "")).lower() in standing
        for watch in watches
    )
