"""The job that makes incidents of clusters' troubles, and closes them; who is told when is the collector's to say.

It compares what stands with what is known, so that nothing is lost when it is killed: each change is one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.link import clusters, troubles
from wakeful_collector.job import Job
from wakeful_collector.model import incident as shapes
from wakeful_collector.model import story
from wakeful_collector.outbox import noting
from wakeful_collector.read import proxmox, proxmox_backups, proxmox_history
from wakeful_collector.store import database, incidents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.link.troubles import Trouble
    from wakeful_collector.model.estate import Task
    from wakeful_collector.model.incident import Incident

INTERVAL_SECONDS = 5.0
BACKUPS_EVERY_MS = 300_000
_DAY_MS = 86_400_000
"""How long a backup may take that ended just within the time."""
TASKS_MAX = 10_000
"""Of a large cluster a night has thousands; a failed backup must not be taken for mended because others came after."""


class Lookout:
    """The job: it remembers what it saw of backups, which is looked at less often."""

    def __init__(self) -> None:
        self._backups: dict[tuple[str, str], tuple[int, dict[str, Trouble]]] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> int:
        """Open, continue and calm the incidents of all clusters; return how many changed."""
        names = {one.name for one in clusters.clusters(data)}
        found = {subject: one for name in sorted(names) for subject, one in self._troubles(data, name, now_ms).items()}
        with database.translated():
            known = _known(database.reader(data, "state"))
        due = [name for name in sorted({*found, *known}) if _after(known.get(name), found, name, names, now_ms)]
        if not due:
            return 0
        with changing(data) as connection:
            known = _known(connection)
            for name in due:
                after = _after(known.get(name), found, name, names, now_ms)
                if after is not None and (name in known or not noting.is_crowded(connection, shapes.NO_HOST)):
                    noting.keep(connection, after, now_ms)
        return len(due)

    def _troubles(self, data: Path, name: str, now_ms: int) -> dict[str, Trouble]:
        """Return every trouble of a cluster by its subject."""
        link = troubles.of_link(name, proxmox.standing(data, name), now_ms)
        return {**self._of_backups(data, name, now_ms), **troubles.of_nodes(name, proxmox.nodes(data, name)), **link}

    def _of_backups(self, data: Path, name: str, now_ms: int) -> dict[str, Trouble]:
        at_ms, found = self._backups.get((str(data), name), (0, {}))
        if not 0 <= now_ms - at_ms < BACKUPS_EVERY_MS:
            never = troubles.of_backups(name, proxmox.guests(data, name), proxmox_backups.backups(data, name), now_ms)
            found = {**never, **troubles.of_tasks(name, _tasks(data, name, now_ms), now_ms)}
            self._backups[str(data), name] = (now_ms, found)
        return found


def _tasks(data: Path, name: str, now_ms: int) -> list[Task]:
    """Return the tasks of a cluster, as far back as a failed backup is told."""
    found: dict[str, Task] = {}
    before_ms = None
    for _ in range(TASKS_MAX // proxmox_history.LIMIT_MAX):
        page = [task for _, task in proxmox_history.tasks(data, name, before_ms=before_ms, limit=TASKS_MAX)]
        found |= {one.upid: one for one in page}
        oldest_ms = min((one.started_ms for one in page if one.ended_ms), default=0)
        if len(page) < proxmox_history.LIMIT_MAX or oldest_ms < now_ms - troubles.BACKUP_MS - _DAY_MS:
            break
        before_ms = oldest_ms + 1 if before_ms != oldest_ms + 1 else oldest_ms  # of the same second there may be more
    return list(found.values())


def _known(connection: sqlite3.Connection) -> dict[str, Incident]:
    return {one.subject: one for one in incidents.going_on(connection) if one.kind == shapes.PROXMOX}


def _after(
    one: Incident | None, found: dict[str, Trouble], subject: str, names: set[str], now_ms: int
) -> Incident | None:
    """Return an incident as it is now, with one line more; None when there is nothing new to tell."""
    trouble = found.get(subject)
    if trouble is None:
        if one is None or one.state != shapes.OPEN:
            return None
        ending = "is well again" if subject.partition("/")[0] in names else "was removed from Wakeful"
        return shapes.continued(shapes.calm(one, now_ms, ending, now_ms), story.Line(now_ms, troubles.WELL, ending))
    line = story.line(now_ms, trouble.kind, {"detail": trouble.text})
    if one is None:
        return shapes.begun(noting.new_id(), shapes.PROXMOX, subject, line)
    if one.state == shapes.SETTLING:
        return shapes.continued(shapes.fall(one, now_ms), line)
    # Of a trouble that stays, its words change with every try: an address, a time. What it is about does not.
    return None if one.story and one.story[-1].kind == trouble.kind else shapes.continued(one, line)


JOBS = (Job("proxmox.incidents", INTERVAL_SECONDS, Lookout()),)
