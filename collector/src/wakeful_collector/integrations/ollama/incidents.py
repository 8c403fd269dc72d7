"""The job that makes incidents of the gateway's troubles, and closes them; who is told when is the collector's to say.

It compares what stands with what is known, so that nothing is lost when it is killed: each change is one transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import persisted, settings, troubles
from wakeful_collector.job import Job
from wakeful_collector.model import incident as shapes
from wakeful_collector.model import story
from wakeful_collector.outbox import noting
from wakeful_collector.read import gateway, hosts
from wakeful_collector.store import database, incidents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.integrations.ollama.troubles import Trouble
    from wakeful_collector.model.incident import Incident

INTERVAL_SECONDS = 5.0


def look(data: Path, _settings: Settings, now_ms: int) -> int:
    """Open, continue and calm the incidents of all machines; return how many changed."""
    machines = {one.name: one for one in settings.machines(data)}
    found = {name: _trouble(data, one, now_ms) for name, one in machines.items()}
    with database.translated():
        known = _known(database.reader(data, "state"))
    names = {name for name, trouble in found.items() if trouble is not None} | set(known)
    due = [name for name in sorted(names) if _after(known.get(name), found.get(name), name, True, now_ms) is not None]
    if not due:
        return 0
    with changing(data) as connection:
        known = _known(connection)
        for name in due:
            after = _after(known.get(name), found.get(name), name, name in machines, now_ms)
            if after is not None:
                host_key = known[name].host_key if name in known else _host_key(data, machines[name])
                noting.keep(connection, replace(after, host_key=host_key), now_ms)
    return len(due)


def _trouble(data: Path, machine: Machine, now_ms: int) -> Trouble | None:
    memory = persisted.known(data, machine, now_ms).memory
    return troubles.trouble(memory, gateway.host_keys(data, machine.name))


def _known(connection: sqlite3.Connection) -> dict[str, Incident]:
    return {one.subject: one for one in incidents.going_on(connection) if one.kind == shapes.GATEWAY}


def _after(one: Incident | None, trouble: Trouble | None, name: str, is_there: bool, now_ms: int) -> Incident | None:
    """Return a machine's incident as it is now, with one line more; None when there is nothing new to tell."""
    if trouble is None:
        return _well(one, is_there, now_ms) if one is not None and one.state == shapes.OPEN else None
    if not trouble.text:
        return None  # a wake is under way: it says neither that it is well nor that it is worse
    line = story.line(now_ms, trouble.kind, {"detail": trouble.text})
    if one is None:
        return shapes.begun(noting.new_id(), shapes.GATEWAY, name, line)
    if one.state == shapes.SETTLING:
        return shapes.continued(shapes.fall(one, now_ms), line)
    return None if any(line.text == told.text for told in one.story) else shapes.continued(one, line)


def _well(one: Incident, is_there: bool, now_ms: int) -> Incident:
    ending = "is well again" if is_there else "was removed from the gateway"
    return shapes.continued(shapes.calm(one, now_ms, ending, now_ms), story.Line(now_ms, troubles.WELL, ending))


def _host_key(data: Path, machine: Machine) -> int:
    """Return the host that the machine is in Wakeful, where it is one."""
    found = hosts.host(data, machine.host) if machine.host else None
    return shapes.NO_HOST if found is None else found.key


JOBS = (Job("gateway_incidents", INTERVAL_SECONDS, look),)
