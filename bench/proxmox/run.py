"""What it costs to keep a large cluster in view: requests, seconds and memory of a full look and of steady cycles.

    python bench/proxmox/run.py [--quick] [--json] [--nodes 50] [--guests 5000]

The synchronisation as the worker runs it, with its store, in this process; the cluster is the tests' counterparty in
another, which answers slower than PVE does: it searches its guests one by one. Seconds are therefore mostly its own;
what the collector itself used is told as processor time. A steady cycle is one between the turns in which guests that
show no change are read again; those turns are told apart, as they are spread over `detail_seconds`.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parent))

import estate

from wakeful_collector.integrations.proxmox.link import clusters, opening
from wakeful_collector.integrations.proxmox.sync.keeping import Attendant
from wakeful_collector.read import proxmox, proxmox_clusters
from wakeful_collector.store import database, vault
from wakeful_collector.store import proxmox_clusters as table
from wakeful_collector.store.changes import changing

POLL_SECONDS = 10
STEADY_CYCLES = 5
TURN_CYCLES = 32
"""So many cycles go by before those that were read together are due again, a few in each cycle."""
DAY_SECONDS = 86_400


class Looker:
    """Looks at the cluster as the worker does, with a clock of its own, and tells what each look cost."""

    def __init__(self, data: Path, pve: estate.FakeCluster, detail_seconds: int) -> None:
        self.data, self.pve = data, pve
        self.now_ms = int(time.time() * 1000)
        database.create(data)
        self.keep(detail_seconds)
        self.attendant = Attendant()
        self.process = psutil.Process()
        gc.collect()
        self.before_mb = self.process.memory_info().rss / 1e6

    def keep(self, detail_seconds: int) -> None:
        given = {"name": "bench", "hosts": [self.pve.host], "login": self.pve.token_id, "ca": self.pve.ca}
        made = clusters.check(given | {"poll_seconds": POLL_SECONDS, "detail_seconds": detail_seconds})
        with changing(self.data) as connection:
            row = clusters.row(made, vault.seal(self.data, self.pve.secret), 1, self.now_ms)
            table.keep(connection, row)

    def look(self, seconds: float = POLL_SECONDS) -> dict[str, Any]:
        row = proxmox_clusters.cluster(self.data, "bench")
        assert row is not None
        self.now_ms += int(seconds * 1000)
        client = opening.client(self.data, "bench")
        requests, cpu, began = client.requests, cpu_seconds(), time.monotonic()
        changes = self.attendant.look(self.data, row, self.now_ms)
        standing = proxmox.standing(self.data, "bench")
        assert not standing.failed, standing.error
        return {
            "requests": client.requests - requests,
            "changes": changes,
            "seconds": round(time.monotonic() - began, 2),
            "cpu_seconds": round(cpu_seconds() - cpu, 2),
        }

    def more_mb(self) -> float:
        gc.collect()
        return round(self.process.memory_info().rss / 1e6 - self.before_mb, 1)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def summed(looks: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: round(sum(one[name] for one in looks), 2) for name in looks[0]} | {"cycles": len(looks)}


def measure(looker: Looker, guests: int) -> dict[str, Any]:
    found: dict[str, Any] = {"first_look": looker.look()}
    looks = [looker.look(1)]
    while looker.attendant.has_more:
        looks.append(looker.look(1))
    found["full"] = summed(looks) | {"memory_mb": looker.more_mb()}
    found["database_mb"] = round((looker.data / "state.db").stat().st_size / 1e6, 1)
    found["idle"] = max((looker.look() for _ in range(STEADY_CYCLES)), key=lambda one: one["requests"])
    changed = list(range(101, 101 + max(1, guests // 100)))
    cycles = []
    for turn in range(1, STEADY_CYCLES + 1):
        estate.change(looker.pve, changed, turn)
        cycles.append(looker.look())
    worst = max(cycles, key=lambda one: one["requests"])
    found["steady"] = worst | {"changed": len(changed), "goal_requests": 2 + len(changed)}
    looker.keep(300)
    looker.look(300)  # a survey, and the first turns
    turns = [looker.look() for _ in range(TURN_CYCLES)]
    found["with_turns"] = max(turns, key=lambda one: one["requests"])
    looker.attendant = Attendant()
    found["started_anew"] = looker.look() | {"memory_mb": looker.more_mb()}
    return found


def show(found: dict[str, Any]) -> None:
    titles = {
        "first_look": "everything listed",
        "full": "everything read",
        "idle": "a cycle without a change",
        "steady": "a cycle with 1 % changed",
        "with_turns": "a cycle with turns of others",
        "started_anew": "the first cycle of a new worker",
    }
    for name, title in titles.items():
        one = found[name]
        print(
            f"{title:32} {one['requests']:7} requests {one['seconds']:8.2f} s {one['cpu_seconds']:7.2f} s of processor"
            + (f"  memory +{one['memory_mb']:.0f} MB" if "memory_mb" in one else "")
        )
    steady = found["steady"]
    print(f"goal: at most {steady['goal_requests']} requests with {steady['changed']} changed guests")
    print(f"state.db {found['database_mb']:.1f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small cluster, to see that it runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--guests", type=int, default=5_000)
    chosen = parser.parse_args()
    nodes, guests = (4, 200) if chosen.quick else (chosen.nodes, chosen.guests)
    with tempfile.TemporaryDirectory(prefix="wakeful-bench-") as folder, estate.cluster(nodes, guests) as pve:
        found = {"nodes": nodes, "guests": guests, **measure(Looker(Path(folder) / "data", pve, DAY_SECONDS), guests)}
    print(json.dumps(found, indent=2)) if chosen.json else show(found)
    return int(found["steady"]["requests"] > found["steady"]["goal_requests"])


if __name__ == "__main__":
    sys.exit(main())
