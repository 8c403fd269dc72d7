"""What went wrong and what became of it: incidents, newest first; and which hosts may be silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.model import message
from wakeful_collector.model.incident import NO_HOST, NOBODY
from wakeful_collector.read import hosts
from wakeful_collector.store import absences, database
from wakeful_collector.store import incidents as table
from wakeful_collector.store.absences import Absence

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.incident import Incident

__all__ = [
    "Absence",
    "IncidentPage",
    "IncidentRecord",
    "absence",
    "counts",
    "incident",
    "incidents",
    "standing_absences",
]

LIMIT_MAX = 500
STATES = ("open", "acknowledged", "closed")
"""What can be asked for: what goes on, what of it somebody has taken on, what is over."""


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident, its place, its host (`host_id` is None when that was forgotten) and its headline: hostile text."""

    seq: int
    incident: Incident
    host_id: str | None
    host_name: str
    title: str

    @property
    def state(self) -> str:
        """Return open, acknowledged or closed."""
        if self.incident.state == "closed":
            return "closed"
        return "open" if self.incident.acknowledged_ms is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Some incidents and the cursor of the next page, None on the last one."""

    incidents: list[IncidentRecord]
    next: str | None


def incidents(
    data: Path, state: str | None = None, host_key: int | None = None, before: str | None = None, limit: int = 100
) -> IncidentPage:
    """Return the newest incidents in a state (of one host), or those before a page's `next`.

    Raises ValueError for a cursor that is none.
    """
    limit = min(max(limit, 1), LIMIT_MAX)
    place = None if before is None else _place(before)
    with database.translated():
        rows = table.page(database.reader(data, "state"), state, host_key, place, limit + 1)
    names = {host.key: (host.id, host.name) for host in hosts.hosts(data)} if rows else {}
    found = [_record(seq, one, names) for seq, one in rows[:limit]]
    return IncidentPage(found, str(found[-1].seq) if len(rows) > limit else None)


def incident(data: Path, incident_id: str) -> IncidentRecord | None:
    """Return one incident by its id."""
    with database.translated():
        found = table.by_id(database.reader(data, "state"), incident_id)
    if found is None:
        return None
    host = hosts.by_key(data, found.host_key)
    return _record(0, found, {} if host is None else {host.key: (host.id, host.name)})


def counts(data: Path) -> tuple[int, int]:
    """Return how many incidents go on, and how many of them nobody has taken on."""
    with database.translated():
        return table.count_going_on(database.reader(data, "state"))


def absence(data: Path, host_key: int, now_ms: int) -> Absence | None:
    """Return why a host may be silent, None when it is expected."""
    with database.translated():
        return absences.of(database.reader(data, "state"), host_key, now_ms)


def standing_absences(data: Path, now_ms: int) -> dict[int, Absence]:
    """Return which hosts may be silent and why, by host key."""
    with database.translated():
        return absences.standing(database.reader(data, "state"), now_ms)


def _record(seq: int, one: Incident, names: dict[int, tuple[str, str]]) -> IncidentRecord:
    nobody = NOBODY.get(one.kind, "") if one.host_key == NO_HOST else "a host that was forgotten"
    host_id, name = names.get(one.host_key, (None, nobody))
    return IncidentRecord(seq, one, host_id, name, message.headline(one, name))


def _place(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("the cursor is not one that a page before gave")
    return int(text)
