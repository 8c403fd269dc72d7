"""What the desk costs: a lease taken, let in, given back, its row and counters written; with others doing the same.

    python bench/gateway/desk.py [--quick] [--json]

Alone, then with several processes at one database, then with a queue: how many requests a second a machine with few
places lets through, and how fair that is between a key that sends many and one that sends few.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import leasing, settings
from wakeful_collector.store import database, gateway_machines, gateway_states, gateway_upkeep
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_history import Request

GOAL_MS = 0.5


def ground(folder: Path, parallel: int) -> settings.Machine:
    """Make a gateway with one machine that is awake."""
    database.create(folder)
    now_ms = clock.now_ms()
    given = {"name": "box", "url": "http://192.0.2.1:1", "wake": "never", "parallel": parallel, "queue": 10_000}
    machine = settings.check(given)
    with changing_gateway(folder) as connection:
        gateway_machines.keep(connection, settings.row(machine, "", now_ms, now_ms))
        gateway_states.keep(connection, "box", "awake", now_ms, "", {"probed_ms": now_ms})
    return machine


def once(desk: leasing.Desk, machine: settings.Machine, key: str) -> None:
    """Take a lease, wait for the turn, give it back with a row."""
    now_ms = clock.now_ms()
    with desk.enter(machine, key, key, "POST /api/chat", "llama3", now_ms) as ticket:
        while not ticket.wait(60).admitted:
            continue
        ticket.end(Request(now_ms, "box", key, "POST", "/api/chat", "llama3", 200, "ok", 0, 5, 9, 10, 20, 3, 4))


def measure(folder: Path, machine: settings.Machine, count: int, key: str) -> list[float]:
    """Return how long each of so many took, in milliseconds."""
    desk = leasing.desk(folder)
    took = []
    for _ in range(count):
        began = time.perf_counter()
        once(desk, machine, key)
        took.append((time.perf_counter() - began) * 1000)
    return took


def _worker(folder: Path, machine: settings.Machine, count: int, key: str, pipe: Any) -> None:
    measure(folder, machine, 50, key)
    pipe.send("ready")
    pipe.recv()
    pipe.send(measure(folder, machine, count, key))


def beside(folder: Path, machine: settings.Machine, processes: int, count: int) -> list[float]:
    """Return how long each took when several processes do the same at once."""
    context = multiprocessing.get_context("spawn")
    pipes, running = [], []
    for number in range(processes):
        mine, theirs = context.Pipe()
        one = context.Process(target=_worker, args=(folder, machine, count, f"key:{number}", theirs), daemon=True)
        one.start()
        pipes.append(mine)
        running.append(one)
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send("go")
    took = [value for pipe in pipes for value in pipe.recv()]
    for one in running:
        one.join(30)
    return took


def fairness(folder: Path, many: int, few: int) -> dict[str, float]:
    """Return how long the requests of a key wait that sends few, beside one that sends many at once."""
    machine = ground(folder, 4)
    desk = leasing.desk(folder)
    waited: dict[str, list[float]] = {"key:many": [], "key:few": []}
    lock = threading.Lock()

    def client(key: str) -> None:
        began = time.perf_counter()
        now_ms = clock.now_ms()
        with desk.enter(machine, key, key, "", "", now_ms) as ticket:
            while not ticket.wait(60).admitted:
                continue
            with lock:
                waited[key].append(time.perf_counter() - began)
            time.sleep(0.02)

    threads = [threading.Thread(target=client, args=("key:many",)) for _ in range(many)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    late = [threading.Thread(target=client, args=("key:few",)) for _ in range(few)]
    for thread in late:
        thread.start()
    began = time.perf_counter()
    for thread in (*threads, *late):
        thread.join()
    return {
        "many_waited_ms": statistics.median(waited["key:many"]) * 1000,
        "few_waited_ms": statistics.median(waited["key:few"]) * 1000,
        "requests_a_second": (many + few) / (time.perf_counter() - began),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer of each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    count = 500 if asked.quick else 4_000
    with tempfile.TemporaryDirectory() as folder:
        machine = ground(Path(folder) / "alone", 64)
        measure(Path(folder) / "alone", machine, 100, "key:a")
        alone = measure(Path(folder) / "alone", machine, count, "key:a")
        copied = gateway_upkeep.copy_log(Path(folder) / "alone")
        four = beside(Path(folder) / "alone", machine, 4, count // 4)
        fair = fairness(Path(folder) / "fair", 40 if asked.quick else 200, 5)
    found: dict[str, Any] = {
        "alone_ms": {"median": statistics.median(alone), "p99": statistics.quantiles(alone, n=100)[98]},
        "four_processes_ms": {"median": statistics.median(four), "p99": statistics.quantiles(four, n=100)[98]},
        "log_pages_a_request": copied / count,
        "fairness": fair,
        "goal_ms": GOAL_MS,
        "reached": statistics.median(alone) < GOAL_MS,
    }
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for what, name in (("a request at the desk", "alone_ms"), ("with four processes at once", "four_processes_ms")):
        print(f"{what}: {found[name]['median']:.3f} ms, p99 {found[name]['p99']:.3f} (goal {GOAL_MS})")
    print(f"waits in a queue of many: {fair['few_waited_ms']:.0f} ms for the key that sends few,", end=" ")
    print(f"{fair['many_waited_ms']:.0f} ms for the one that sends many")


if __name__ == "__main__":
    main()
