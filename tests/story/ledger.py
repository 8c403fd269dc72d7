"""What the collector's store says of every push of every agent: taken once, each, and none left out."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.read import hosts

if TYPE_CHECKING:
    from pathlib import Path

    from .world import World


@dataclass(frozen=True)
class Ledger:
    """The pushes of all agents together."""

    runs: int
    pushes: int
    """How many sequence numbers were taken, all runs together."""
    missing: list[str]
    """Runs with numbers that were left out, or that do not begin at 0."""
    doubled: list[str]
    """Numbers of a run that lie in the store twice, and times that a host has twice."""

    def __str__(self) -> str:
        wrong = ", ".join((self.missing + self.doubled)[:3])
        return f"{self.pushes} pushes in {self.runs} runs, {wrong or 'none missing, none twice'}"

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is missing and nothing is there twice."""
        return not self.missing and not self.doubled


def read(data: Path) -> Ledger:
    """Read the marks of every agent's run, and what lies unfolded in the store; guests of clusters send no pushes."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'samples.db'}?mode=ro", uri=True, timeout=30)) as store:
        marks = store.execute("SELECT run, first, last, holes FROM runs WHERE host < ?", (FIRST_KEY,)).fetchall()
        of_agents = "FROM hot WHERE host < ? GROUP BY"
        twice = store.execute(
            f"SELECT run, sequence {of_agents} run, sequence HAVING count(*) > 1", (FIRST_KEY,)
        ).fetchall()
        same = store.execute(f"SELECT host, to_ms {of_agents} host, to_ms HAVING count(*) > 1", (FIRST_KEY,)).fetchall()
    missing = [f"{run} has holes" for run, _, _, holes in marks if holes]
    missing += [f"{run} begins at {first}" for run, first, _, _ in marks if first]
    doubled = [f"{run}/{number}" for run, number in twice] + [f"host {host} at {at}" for host, at in same]
    return Ledger(len(marks), sum(last + 1 for _, _, last, _ in marks), missing, doubled)


def settled(world: World, seconds: float) -> Ledger:
    """Wait until what agents kept is taken, all of it, and return the ledger; after `seconds` as it is by then.

    The newest push goes first after an outage: until the backlog is taken there are holes before it.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = read(world.collector.data)
        few = waiting(world) <= len(world.machines)  # each may have one on its way just now
        if (found.is_whole and few) or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


def heard_ms(data: Path) -> dict[str, int]:
    """Return when each host was heard last, by its name, in milliseconds since the epoch."""
    return {one.name: one.last_seen_ms or 0 for one in hosts.hosts(data)}


def waiting(world: World) -> int:
    """Return how many pushes wait on the disks of all machines."""
    return sum(machine.waiting() for machine in world.machines.values())


def set_aside(world: World) -> list[str]:
    """Return what agents set aside, because it was spoiled or refused for good."""
    return [f"{machine.name}: {name}" for machine in world.machines.values() for name in machine.set_aside()]
