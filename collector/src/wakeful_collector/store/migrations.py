"""The tables of the databases, as named steps in order; sqlite-utils remembers which ran.

A family module lists its steps as `MIGRATIONS = (("NNN-what", "SQL script"), ...)`. A step that was released is never
changed; the next one corrects it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import sqlite_utils
from sqlite_utils.migrations import Migrations

from wakeful_collector.store import (
    agents,
    audit,
    channels,
    commands,
    events,
    gateway_answers,
    gateway_history,
    gateway_host_keys,
    gateway_leases,
    gateway_limits,
    gateway_machines,
    gateway_states,
    heartbeats,
    incidents,
    inventories,
    invites,
    outbox,
    people,
    proxmox_applies,
    proxmox_changes,
    proxmox_clusters,
    proxmox_deeds,
    proxmox_estate,
    proxmox_joins,
    proxmox_subjects,
    proxmox_wishes,
    samples_tables,
    traffic,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Steps = tuple[tuple[str, str], ...]

STATE: Steps = (
    *agents.MIGRATIONS,
    *invites.MIGRATIONS,
    *inventories.MIGRATIONS,
    *events.MIGRATIONS,
    *people.MIGRATIONS,
    *audit.MIGRATIONS,
    *heartbeats.MIGRATIONS,
    *commands.MIGRATIONS,
    *incidents.MIGRATIONS,
    *channels.MIGRATIONS,
    *outbox.MIGRATIONS,
    *proxmox_clusters.MIGRATIONS,
    *proxmox_estate.MIGRATIONS,
    *proxmox_changes.MIGRATIONS,
    *proxmox_joins.MIGRATIONS,
    *proxmox_deeds.MIGRATIONS,
    *proxmox_wishes.MIGRATIONS,
    *proxmox_applies.MIGRATIONS,
    *proxmox_subjects.MIGRATIONS,
)
SAMPLES: Steps = tuple(sorted((*samples_tables.MIGRATIONS, *traffic.MIGRATIONS)))
GATEWAY: Steps = (
    *gateway_machines.MIGRATIONS,
    *gateway_states.MIGRATIONS,
    *gateway_leases.MIGRATIONS,
    *gateway_history.MIGRATIONS,
    *gateway_answers.MIGRATIONS,
    *gateway_host_keys.MIGRATIONS,
    *gateway_limits.MIGRATIONS,
)


def steps(family: str) -> Steps:
    """Return the steps of a family (`state`, `samples` or `gateway`), oldest first."""
    return {"state": STATE, "samples": SAMPLES, "gateway": GATEWAY}[family]


def unknown(connection: sqlite3.Connection, family: str) -> list[str]:
    """Return the names of steps that ran here and that this version does not know: a newer one was at work."""
    known = {name for name, _ in steps(family)}
    applied = _migrations(family).applied(_database(connection))
    return [step.name for step in applied if step.name not in known]


def apply(connection: sqlite3.Connection, family: str) -> None:
    """Run the steps that have not run yet, each in its own transaction."""
    _migrations(family).apply(_database(connection))


def _database(connection: sqlite3.Connection) -> sqlite_utils.Database:
    return sqlite_utils.Database(connection, execute_plugins=False)


def _migrations(family: str) -> Migrations:
    found = Migrations(family)
    for name, script in steps(family):
        found(name=name)(_step(script))
    return found


def _step(script: str) -> Callable[[sqlite_utils.Database], None]:
    def run(database: sqlite_utils.Database) -> None:
        for statement in statements(script):
            database.execute(statement)

    return run


def statements(script: str) -> list[str]:
    """Return the statements of an SQL script, one by one: `executescript` would end the step's transaction."""
    found: list[str] = []
    gathered = ""
    for piece in script.split(";"):
        gathered += piece + ";"
        if sqlite3.complete_statement(gathered) and gathered.strip(" \n;"):
            found.append(gathered.strip())
            gathered = ""
    return found
