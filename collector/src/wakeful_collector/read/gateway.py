"""Questions about the gateway's machines: how they are set up, in which state each is, what they said last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import (
    database,
    gateway_answers,
    gateway_host_keys,
    gateway_limits,
    gateway_machines,
    gateway_states,
)

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.gateway_answers import Answer
    from wakeful_collector.store.gateway_host_keys import HostKey
    from wakeful_collector.store.gateway_limits import Limit
    from wakeful_collector.store.gateway_machines import MachineRow
    from wakeful_collector.store.gateway_states import StateRow


def machines(data: Path) -> list[MachineRow]:
    """Return every machine by name."""
    with database.translated():
        return gateway_machines.all_of(database.reader(data, "gateway"))


def machine(data: Path, name: str) -> MachineRow | None:
    """Return one machine."""
    with database.translated():
        return gateway_machines.by_name(database.reader(data, "gateway"), name)


def default_name(data: Path) -> str | None:
    """Return the machine that is meant where none is named; None when there is none, or no one of several."""
    with database.translated():
        return gateway_machines.default_name(database.reader(data, "gateway"))


def states(data: Path) -> dict[str, StateRow]:
    """Return the state of each machine by its name; one that was never looked at has none."""
    with database.translated():
        return {one.machine: one for one in gateway_states.all_of(database.reader(data, "gateway"))}


def state(data: Path, name: str) -> StateRow | None:
    """Return the state of one machine."""
    with database.translated():
        return gateway_states.of(database.reader(data, "gateway"), name)


def answer(data: Path, name: str, path: str) -> Answer | None:
    """Return what a machine said at a path when it was asked last."""
    with database.translated():
        return gateway_answers.one(database.reader(data, "gateway"), name, path)


def host_keys(data: Path, name: str) -> list[HostKey]:
    """Return the SSH host keys that are trusted for a machine."""
    with database.translated():
        return gateway_host_keys.all_of(database.reader(data, "gateway"), name)


def limits(data: Path) -> list[Limit]:
    """Return all limits by principal."""
    with database.translated():
        return gateway_limits.all_of(database.reader(data, "gateway"))


def limit(data: Path, key: str) -> Limit:
    """Return the limits of a principal: its own, else those of everybody, else none."""
    with database.translated():
        return gateway_limits.for_key(database.reader(data, "gateway"), key)
