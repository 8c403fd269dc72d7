"""A believable fleet for the benches: agents with tokens, and their pushes ready to be sent."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector import enrolment
from wakeful_collector.store import agents, database, samples
from wakeful_wire.schema import Series, schema_hash, series

if TYPE_CHECKING:
    from pathlib import Path

STEP_MS = 15_000


@dataclass(slots=True)
class Machine:
    """One simulated machine; half of its series never change, a fifth are counters, the rest are gauges."""

    name: str
    token: str
    run: str
    columns: list[Series]
    values: list[float]
    chance: random.Random
    sequence: int = 0

    def tick(self) -> list[float]:
        """Move on by one step and return the values."""
        chance, values = self.chance, self.values
        for index in range(len(values)):
            kind = index % 10
            if kind in {5, 6}:
                values[index] += chance.randrange(0, 5_000)
            elif kind > 6:
                values[index] = round(max(0.0, values[index] + chance.gauss(0, 2)), 2)
        return values

    def push(self, time_ms: int, *, with_series: bool = False) -> bytes:
        """Return the next push, packed as an agent packs it."""
        document = {
            "wire": 1,
            "run": self.run,
            "sequence": self.sequence,
            "schema": schema_of(self.columns),
            "ticks": [[time_ms, self.tick()]],
        }
        if with_series:
            document["series"] = [column.document() for column in self.columns]
            document["hello"] = {"name": self.name, "version": "bench", "interval": STEP_MS / 1000}
        self.sequence += 1
        return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 6)

    def exposition(self, time_ms: int) -> bytes:
        """Return the same samples as Prometheus text, packed."""
        lines = []
        for column, value in zip(self.columns, self.tick(), strict=True):
            labels = ",".join(f'{name}="{text}"' for name, text in (*column.labels, ("host", self.name)))
            lines.append(f"{column.name.replace('.', '_')}{{{labels}}} {value!r} {time_ms}")
        return gzip.compress("\n".join([*lines, ""]).encode(), 6)


_hashes: dict[int, str] = {}


def schema_of(columns: list[Series]) -> str:
    """Return the hash of a series list, computed once for each list."""
    found = _hashes.get(id(columns))
    if found is None:
        found = _hashes[id(columns)] = schema_hash(columns)
    return found


def columns_of(count: int) -> list[Series]:
    """Return `count` series as a machine with some cores and disks has them."""
    kinds = ("user", "system", "idle", "iowait", "steal", "irq", "softirq", "nice", "guest", "other")
    return [series("system.cpu.time", cpu=str(index // 10), mode=kinds[index % 10]) for index in range(count)]


def machines(data: Path, count: int, width: int, now_ms: int) -> list[Machine]:
    """Enrol a fleet straight into the store (its schema too) and return it."""
    columns = columns_of(width)
    found = []
    state, store = database.writer(data, "state"), database.writer(data, "samples")
    with database.transaction(state):
        for index in range(count):
            token, token_hash = enrolment.new_token()
            name = f"bench-{index:05d}"
            agents.add(state, f"bench{index:07d}", agents.Newcomer(name, token_hash, version="bench"), now_ms)
            chance = random.Random(index)
            values = [round(chance.uniform(0, 1_000), 2) for _ in range(width)]
            found.append(Machine(name, token, f"run-{index:08d}", columns, values, chance))
    with database.transaction(store):
        samples.add_schema(store, schema_of(columns), columns)
    state.close()
    store.close()
    return found
