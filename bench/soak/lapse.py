"""What worker and pages keep over days of history, in time-lapse: window by window is pushed, asked for and sealed.

The soak sees one sealing in two hours; this sees dozens of them, by the product's own code for sealing, sparklines and
charts, with the time given to it; the worker's other jobs are not in it. Memory is PSS after what is free was given
back, as the product does each minute.

    python bench/soak/lapse.py [--days 4] [--hosts 20]
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector import rollups
from wakeful_collector.config import Settings
from wakeful_collector.read.series import series as ask
from wakeful_collector.store import database, samples
from wakeful_wire.schema import schema_hash, series

if TYPE_CHECKING:
    import sqlite3
    from multiprocessing.connection import Connection

    from wakeful_wire.schema import Series

HOUR_MS = 3_600_000
WINDOW_MS = 2 * HOUR_MS
BEGIN_MS = 1_795_305_600_000
SPARKS_MS = 600_000
PAGES_THREADS = 4
FAST = 1
"""The host that pushes every second, three times as wide as the others."""


def kept_mb() -> float:
    """Return this process's PSS after what is free was given back."""
    ctypes.CDLL(None).malloc_trim(0)
    found = re.search(r"^Pss:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def worker(data: Path, told: Connection) -> None:
    """Do what the worker does with history, sealing and sparklines, for each window that is named."""
    settings = Settings(data=data)
    while (begin_ms := told.recv()) is not None:
        for now_ms in range(begin_ms + SPARKS_MS, begin_ms + WINDOW_MS + SPARKS_MS, SPARKS_MS):
            while rollups.run_due(data, settings, now_ms).more:
                pass
            rollups.refresh_sparks(data, now_ms)
        told.send(kept_mb())


def pages(data: Path, told: Connection) -> None:
    """Ask for an hour, a day and a week of every host, from as many threads as pages have."""
    with ThreadPoolExecutor(PAGES_THREADS) as threads:
        while (asked := told.recv()) is not None:
            hosts, now_ms = asked
            waiting = [
                threads.submit(ask, data, host, ["*"], now_ms - hours * HOUR_MS, now_ms, 300)
                for host in range(1, hosts + 1)
                for hours in (1, 24, 168)
            ]
            for one in waiting:
                one.result()
            waiting.clear()
            told.send(kept_mb())


def columns(width: int) -> list[Series]:
    """Return the series of one host."""
    names = ("hw.temperature", "hw.temperature.limit")
    return [
        series(names[at % 2], chip="c", sensor=str(at), **({"kind": "high"} if at % 2 else {})) for at in range(width)
    ]


def push(connection: sqlite3.Connection, hosts: int, begin_ms: int, chance: np.random.Generator) -> int:
    """Push a window of every host, a tick a push; return how many."""
    made = 0
    for host in range(1, hosts + 1):
        step_ms, width = (1_000, 300) if host == FAST else (15_000, 100)
        schema = schema_hash(columns(width))
        values = np.round(40 + np.cumsum(chance.normal(0, 0.2, (WINDOW_MS // step_ms, width)), axis=0), 1)
        with database.transaction(connection):
            samples.add_schema(connection, schema, columns(width))
            for at, row in enumerate(values.tolist()):
                time_ms = begin_ms + at * step_ms
                one = samples.hot_push(host, f"lapse-{host}", time_ms // step_ms, schema, [(time_ms, row)], b"digest")
                samples.append(connection, one, time_ms)
                made += 1
    return made


def main() -> int:
    """Print what each process keeps after each six hours, and how it grew from the second day on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--hosts", type=int, default=20)
    given = parser.parse_args()
    if given.days < 2 or given.hosts < 1:
        parser.error("growth is told from the second day on: at least 2 days and 1 host")
    chance = np.random.default_rng(20261122)
    own = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="wakeful-lapse-") as folder:
        data = Path(folder) / "data"
        database.create(data)
        sides = {}
        for part in (worker, pages):
            here, there = own.Pipe()
            own.Process(target=part, args=(data, there), daemon=True).start()
            there.close()  # else a child that fails would be waited for for ever
            sides[part.__name__] = here
        connection = database.writer(data, "samples")
        curves: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        made = 0
        print("hours  pushes   worker MB  pages MB")
        for begin_ms in range(BEGIN_MS, BEGIN_MS + given.days * 24 * HOUR_MS, WINDOW_MS):
            made += push(connection, given.hosts, begin_ms, chance)
            hours = (begin_ms + WINDOW_MS - BEGIN_MS) / HOUR_MS
            # The pages are asked while the window is hot, as people ask; then it is sealed.
            for name, order in (("pages", (given.hosts, begin_ms + WINDOW_MS)), ("worker", begin_ms)):
                sides[name].send(order)
                curves[name].append((hours, sides[name].recv()))
            if hours % 6 == 0:
                print(
                    f"{hours:5.0f} {made:7d} {curves['worker'][-1][1]:11.1f} {curves['pages'][-1][1]:9.1f}", flush=True
                )
        connection.close()
        for name, side in sides.items():
            side.send(None)
            late = np.array([one for one in curves[name] if one[0] > 24])
            print(f"{name}: {np.polyfit(late[:, 0], late[:, 1], 1)[0]:+.3f} MB an hour from the second day on")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
