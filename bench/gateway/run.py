"""What the gateway costs: the same service asked directly and through it, in turns, in one run.

    python bench/gateway/run.py [--quick] [--json]

The collector's web server as it runs (one process), a service of its own process that streams lines with the moment
they were sent, and a client of its own process. "Added" is the difference of the medians. The machine counts as awake
all the time, so that nothing is measured but the way through.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Iterator

import client
import psutil
from client import Target

from wakeful_collector import clock
from wakeful_collector.accounts import keys
from wakeful_collector.integrations.ollama import settings
from wakeful_collector.store import database, gateway_machines, gateway_states
from wakeful_collector.store.changes import changing, changing_gateway

FIRST_BYTE_GOAL_MS = 3.0
CHUNK_GOAL_MS = 0.3
GIGABYTE = 1 << 30


class Collector:
    """A collector's web server with one machine, awake, and a key of scope gateway."""

    def __init__(self, folder: Path, upstream_port: int) -> None:
        database.create(folder)
        now_ms = clock.now_ms()
        with changing(folder) as connection:
            key = keys.create(connection, "bench", ("gateway",), "local:bench", now_ms, None).secret
        machine = settings.check({"name": "box", "url": f"http://127.0.0.1:{upstream_port}", "wake": "never"})
        with changing_gateway(folder) as connection:
            gateway_machines.keep(connection, settings.row(machine, "", now_ms, now_ms))
            gateway_states.keep(connection, "box", "awake", now_ms, "", {"used_ms": now_ms})
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.target = Target(self.port, "/ollama/box", key)
        environ = {**os.environ, "WAKEFUL_DATA": str(folder), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}"}
        self.process = subprocess.Popen([sys.executable, "-m", "wakeful_collector", "web"], env=environ)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.page()
                break
            except OSError:
                time.sleep(0.1)

    def page(self) -> float:
        """Return how many milliseconds a page takes."""
        began = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=30) as answer:
            answer.read()
        return (time.monotonic() - began) * 1000

    def rss_mb(self) -> float:
        """Return the resident memory of the process that serves."""
        return max(one.memory_info().rss for one in psutil.Process(self.process.pid).children(True)) / 1e6


class Peak:
    """The most memory that was seen while the block ran."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.before_mb = self.most_mb = collector.rss_mb()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.most_mb = max(self.most_mb, self.collector.rss_mb())


def summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, round(share * len(ordered)))] for share in (0.5, 0.95, 0.99)]
    return {"median": at[0], "p95": at[1], "p99": at[2], "count": len(ordered)}


def measure(collector: Collector, direct: Target, quick: bool) -> Iterator[tuple[str, Any]]:
    times, lines, size = (60, 60, GIGABYTE >> 4) if quick else (400, 500, GIGABYTE)
    asyncio.run(client.first_bytes([direct, collector.target], 20))
    found = asyncio.run(client.first_bytes([direct, collector.target], times))
    yield "first_byte_ms", {"direct": summary(found[0]), "through": summary(found[1])}
    for name, streams in (("one", 1), ("64", 64)):
        both = {}
        for way, target in (("direct", direct), ("through", collector.target)):
            both[way] = summary(asyncio.run(client.many(target, streams, lines, 20)))
        yield f"chunk_ms_{name}", both
    yield "memory", dict(memory(collector, direct, size))
    yield "pages_ms", pages(collector, 10 if quick else 40)


def memory(collector: Collector, direct: Target, size: int) -> Iterator[tuple[str, dict[str, float]]]:
    for name, move in (("download", client.download), ("upload", client.upload)):
        with Peak(collector) as peak:
            through = asyncio.run(move(collector.target, size))
        straight = asyncio.run(move(direct, size))
        seconds = {"seconds": through, "direct_seconds": straight}
        yield name, {"before_mb": peak.before_mb, "most_mb": peak.most_mb, "bytes": size, **seconds}


def pages(collector: Collector, times: int) -> dict[str, float]:
    idle = statistics.median(collector.page() for _ in range(times))
    seconds = times * 0.1 + 4
    streams = threading.Thread(
        target=lambda: asyncio.run(client.many(collector.target, 200, round(seconds / 0.5), 500)), daemon=True
    )
    streams.start()
    time.sleep(3)
    took = [collector.page() for _ in range(times)]
    streams.join()
    return {"idle": idle, "with_200_streams": statistics.median(took), "with_200_streams_most": max(took)}


def show(results: dict[str, Any]) -> None:
    for name in ("first_byte_ms", "chunk_ms_one", "chunk_ms_64"):
        for way in ("direct", "through"):
            one = results[name][way]
            print(f"{name:14} {way:8} median {one['median']:7.3f}  p95 {one['p95']:7.3f}  p99 {one['p99']:7.3f}")
        added = results[name]["through"]["median"] - results[name]["direct"]["median"]
        goal = FIRST_BYTE_GOAL_MS if name.startswith("first") else CHUNK_GOAL_MS
        print(f"{name:14} added    median {added:7.3f}  (goal {goal})")
    for way, one in results["memory"].items():
        print(
            f"{way} of {one['bytes'] / 1e6:.0f} MB: RSS {one['before_mb']:.1f} MB, most {one['most_mb']:.1f} MB,"
            f" {one['seconds']:.1f} s (directly {one['direct_seconds']:.1f} s)"
        )
    print("a page, ms: " + ", ".join(f"{name} {value:.1f}" for name, value in results["pages_ms"].items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a little of everything, to see that it runs")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    here = Path(__file__).parent
    upstream = subprocess.Popen([sys.executable, str(here / "upstream.py")], stdout=subprocess.PIPE, text=True)
    assert upstream.stdout is not None
    port = int(upstream.stdout.readline())
    with tempfile.TemporaryDirectory() as folder:
        collector = Collector(Path(folder) / "data", port)
        try:
            results = dict(measure(collector, Target(port), chosen.quick))
        finally:
            collector.process.terminate()
            collector.process.wait(20)
            upstream.terminate()
            upstream.wait(20)
    print(json.dumps(results, indent=2)) if chosen.json else show(results)


if __name__ == "__main__":
    main()
