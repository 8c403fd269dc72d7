"""Incidents, pure: what hosts tell becomes something that was opened, went on and is over; and who is told when.

An incident is about one thing of one host: a watch, or the host itself. What falls again while it settles is the same
incident. Nobody is told of what healed itself in time, of what is long past, and of what a person has taken on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model import story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.model.story import Line

OPEN, SETTLING, CLOSED = "open", "settling", "closed"
STATES = (OPEN, SETTLING, CLOSED)
OPENED, OVER, HEALED, TEST = "opened", "closed", "healed", "test"
MOMENTS = (OPENED, OVER, HEALED)
"""What a message is about: an incident that needs a person, its end, and one that healed before anybody was called."""

WATCH, BLIND, HOST, GATEWAY, PROXMOX = "watch", "blind", "host", "gateway", "proxmox"
KINDS = (WATCH, BLIND, HOST, GATEWAY, PROXMOX)
"""What is about: a watch that is down, one that nobody can tell of, a host that says nothing, a machine of the gateway
that does not wake or sleep, a Proxmox cluster or something of it."""
OF_ROOMS = (GATEWAY, PROXMOX)
"""What a room sees, of things that are no hosts: nobody there can say of itself that it is meant to be silent."""

NO_HOST = 0
"""The host key of what the collector sees by itself of a machine that is no host here."""
NOBODY = {GATEWAY: "the gateway", PROXMOX: "Proxmox"}
"""Who stands where a host's name would, by the incident's kind, when it is about no host."""

LATE_MS = 600_000
"""What a host tells this long after its newest tick is backlog, which pages nobody."""

GOING_ON_MAX = 100
"""How many incidents of one host may go on; a host that tells of more is not believed."""
TOLD_AN_HOUR_MAX = 30
"""How many incidents of one host people are called for within an hour; a pager that never rests helps nobody."""

FALLS_OF_FLAPPING = 3
SETTLE_DOUBLINGS_MAX = 5
STORY_LINES_MAX = 60
STORY_HEAD_LINES = 20
CONSOLE_LINES_MAX = 20

_OPENS = {"watch.down", "watch.held", "watch.blind"}
_EVIDENCE = {"recovery.attempted", "recovery.failed", "wake.sent", "wake.succeeded", "wake.failed"}
_URGENT = {"recovery.given_up", "recovery.flapping"}
_ENDS = {"watch.up", "recovery.succeeded", "watch.stopped", "watch.sighted"}
_BLIND = {"watch.blind", "watch.sighted"}
_PAUSED, _RESUMED = "watch.paused", "watch.resumed"
EVENTS = frozenset(_OPENS | _EVIDENCE | _URGENT | _ENDS | {_PAUSED, _RESUMED})
"""The kinds of events that incidents are made of."""

PAUSED_BY = "a pause of the watch"


class Told(NamedTuple):
    """An event as incidents see it; `at_ms` is the host's own time, `late` says that it is backlog."""

    at_ms: int
    kind: str
    subject: str
    data: dict[str, Any]
    late: bool = False

    @property
    def about(self) -> str:
        """Return the kind of the incident that the event belongs to."""
        return BLIND if self.kind in _BLIND else WATCH

    @property
    def reference(self) -> str:
        """Return the host's own id of the incident, empty where it gave none."""
        given = self.data.get("incident")
        return given[:64] if isinstance(given, str) else ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; `opened_ms`, `changed_ms` and `over_ms` are the host's time, the others the collector's.

    `calm_since_ms` is set while it settles (0: there is nothing to wait for), `told_ms` once people were called.
    """

    id: str
    host_key: int
    kind: str
    subject: str
    reference: str
    state: str
    opened_ms: int
    changed_ms: int
    heard_ms: int
    cause: str = ""
    ending: str = ""
    falls: int = 1
    attempts: int = 0
    urgent: bool = False
    late: bool = False
    calm_since_ms: int | None = None
    over_ms: int | None = None
    told_ms: int | None = None
    acknowledged_ms: int | None = None
    acknowledged_by: str = ""
    story: tuple[Line, ...] = ()
    console: tuple[str, ...] = ()


class Policy(NamedTuple):
    """How long an incident may heal by itself before people are told, and how long it must be calm to be over."""

    patience_ms: int
    settle_ms: int


class Circumstances(NamedTuple):
    """What else matters: `muted` while nobody wants to know, `confirmed` when a late one is seen to stand now."""

    muted: bool = False
    confirmed: bool = False


def select(known: Sequence[Incident], told: Told) -> Incident | None:
    """Return which of a thing's incidents an event belongs to; None when it is news.

    It is the one that the host calls by the same name, else the one not closed, unless that began later.
    """
    named = [one for one in known if told.reference and one.reference == told.reference]
    if named:
        return named[0]
    going_on = [one for one in known if one.state != CLOSED and (one.opened_ms <= told.at_ms or not told.late)]
    return going_on[0] if going_on else None


def hear(
    current: Incident | None, told: Told, now_ms: int, host_key: int, new_id: str, is_past: bool = False
) -> Incident | None:
    """Return the incident as it is after an event; None when the event makes none.

    `current` is what `select` gave, `new_id` the name of a new one; `is_past` says that a later incident of the same
    thing is known, so that a new one can only be history.
    """
    line = story.line(told.at_ms, told.kind, told.data)
    if current is None:
        first = _begin(told, line, now_ms, host_key, new_id)
        return replace(first, state=CLOSED) if first is not None and is_past else first
    found = _written(current, told, line)
    if current.state == CLOSED:
        return replace(found, over_ms=told.at_ms, ending=line.text) if told.kind in _ENDS else found
    if told.kind in _ENDS:
        return _calm(found, told, line, now_ms)
    if told.kind == _PAUSED:
        return acknowledge(found, PAUSED_BY, now_ms)
    if told.kind == _RESUMED and found.acknowledged_by == PAUSED_BY:
        return replace(found, acknowledged_ms=None, acknowledged_by="")
    if told.kind in _URGENT:
        return replace(found, urgent=True)
    if told.kind in _OPENS and current.state == SETTLING and told.at_ms >= (current.over_ms or 0):
        return fall(found, now_ms)
    return found


def begun(new_id: str, kind: str, subject: str, line: Line) -> Incident:
    """Return the incident of a room's thing (a machine, a cluster) that this line begins."""
    fresh = Incident(
        id=new_id,
        host_key=NO_HOST,
        kind=kind,
        subject=subject,
        reference="",
        state=OPEN,
        opened_ms=line.at_ms,
        changed_ms=line.at_ms,
        heard_ms=line.at_ms,
        cause=line.text,
    )
    return continued(fresh, line)


def continued(incident: Incident, line: Line) -> Incident:
    """Return an incident with the line that was told last."""
    return replace(incident, story=_bounded([*incident.story, line]), changed_ms=line.at_ms)


def fall(incident: Incident, now_ms: int) -> Incident:
    """Return an incident that was settling and goes on: it fell once more."""
    falls = incident.falls + 1
    return replace(
        incident,
        state=OPEN,
        calm_since_ms=None,
        over_ms=None,
        ending="",
        falls=falls,
        heard_ms=now_ms,
        urgent=incident.urgent or falls >= FALLS_OF_FLAPPING,
    )


def calm(incident: Incident, at_ms: int, ending: str, now_ms: int) -> Incident:
    """Return an incident whose thing is well again: it settles."""
    return replace(incident, state=SETTLING, calm_since_ms=now_ms, over_ms=at_ms, ending=ending, changed_ms=at_ms)


def acknowledge(incident: Incident, by: str, now_ms: int) -> Incident:
    """Return an incident that somebody has taken on; the first who does is named."""
    if incident.acknowledged_ms is not None:
        return incident
    return replace(incident, acknowledged_ms=now_ms, acknowledged_by=by)


def judge(incident: Incident, now_ms: int, policy: Policy | None, around: Circumstances) -> tuple[Incident, str | None]:
    """Return the incident as it is at `now_ms`, and what people are to be told (one of `MOMENTS`) or None.

    Without a policy only what needs a person at once is told: that much is known while a push is taken.
    """
    if policy is not None and incident.state == SETTLING and _has_settled(incident, now_ms, policy):
        closed = replace(incident, state=CLOSED)
        if incident.told_ms is not None:
            return closed, OVER
        quiet = around.muted or incident.late or incident.acknowledged_ms is not None
        return closed, None if quiet else HEALED
    if _needs_people(incident, now_ms, policy, around):
        return replace(incident, told_ms=now_ms), OPENED
    return incident, None


def _needs_people(incident: Incident, now_ms: int, policy: Policy | None, around: Circumstances) -> bool:
    if incident.state == CLOSED or incident.told_ms is not None or incident.acknowledged_ms is not None:
        return False
    if around.muted or (incident.late and not around.confirmed):
        return False
    if incident.urgent:
        return True
    if policy is None or incident.state != OPEN:
        return False
    return now_ms - incident.heard_ms >= policy.patience_ms


def _has_settled(incident: Incident, now_ms: int, policy: Policy) -> bool:
    """Tell whether it was calm for long enough: the wait doubles with each fall, so that flapping is told once."""
    if not incident.calm_since_ms:
        return True
    doublings = min(incident.falls - 1, SETTLE_DOUBLINGS_MAX)
    return now_ms - incident.calm_since_ms >= policy.settle_ms * (1 << doublings)


def _begin(told: Told, line: Line, now_ms: int, host_key: int, new_id: str) -> Incident | None:
    """Return the incident that an event begins; one whose end came before its begin is closed from the start."""
    begins = told.kind in _OPENS or (told.kind in _URGENT)
    continues = bool(told.reference) and told.kind in (_EVIDENCE | _ENDS)
    if told.kind.startswith("wake.") or not (begins or continues):
        return None
    fresh = Incident(
        id=new_id,
        host_key=host_key,
        kind=told.about,
        subject=told.subject[:256],
        reference=told.reference,
        state=OPEN,
        opened_ms=told.at_ms,
        changed_ms=told.at_ms,
        heard_ms=now_ms,
        urgent=told.kind in _URGENT or told.about == BLIND,
        late=told.late,
    )
    found = _written(fresh, told, line)
    if told.kind in _ENDS:
        down_ms = story.number(told.data, "seconds_down") * 1000
        ended = replace(found, opened_ms=told.at_ms - round(down_ms), over_ms=told.at_ms, ending=line.text)
        return replace(ended, state=CLOSED)
    if told.kind == "recovery.flapping" and not told.reference:
        return replace(calm(found, told.at_ms, "", now_ms), falls=FALLS_OF_FLAPPING)
    return found


def _calm(incident: Incident, told: Told, line: Line, now_ms: int) -> Incident:
    if incident.state == SETTLING and told.kind != "watch.stopped":
        return incident  # recovery.succeeded, then watch.up: the same end, told twice
    found = calm(incident, told.at_ms, line.text, now_ms)
    waits_for_nothing = told.late or told.kind == "watch.stopped"
    return replace(found, calm_since_ms=0) if waits_for_nothing else found


def _written(incident: Incident, told: Told, line: Line) -> Incident:
    lines = sorted({*incident.story, line}, key=lambda one: one.at_ms)
    opens = told.kind in _OPENS and told.at_ms <= incident.opened_ms
    console = story.console(told.data)[-CONSOLE_LINES_MAX:]
    is_newest = told.at_ms >= incident.changed_ms
    return replace(
        incident,
        story=_bounded(lines),
        opened_ms=min(incident.opened_ms, told.at_ms),
        changed_ms=max(incident.changed_ms, told.at_ms),
        cause=line.text if (opens or not incident.cause) else incident.cause,
        reference=told.reference if is_newest and told.reference else incident.reference,
        attempts=max(incident.attempts, int(story.number(told.data, "attempt", "attempts"))),
        console=tuple(console) if console and (is_newest or not incident.console) else incident.console,
    )


def _bounded(lines: list[Line]) -> tuple[Line, ...]:
    """Return a story as it is kept: how it began, and the newest of it."""
    if len(lines) > STORY_LINES_MAX:
        lines = [*lines[:STORY_HEAD_LINES], *lines[STORY_HEAD_LINES - STORY_LINES_MAX :]]
    return tuple(lines)
