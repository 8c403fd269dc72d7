"""Pushes a second and processor time a push, beside VictoriaMetrics taking the same samples in the same run.

1,000 agents, one push of 300 samples a request, 16 kept-alive connections; the server on one core, the sender on the
other; every answer of the collector is durable. The two servers take turns, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fleet
import programs
import sender

from wakeful_collector.read import traffic
from wakeful_collector.store import database

CONNECTIONS = 16
SERVER_CORE, SENDER_CORE = 0, 1


class Measured:
    """The figures of one server's rounds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cpu_us: list[float] = []
        self.rates: list[float] = []
        self.p50: list[float] = []
        self.p99: list[float] = []

    def round(self, program: programs.Program, requests: list[bytes], good: tuple[int, ...]) -> None:
        """Send one round of requests and keep its figures."""
        before = program.cpu_seconds()
        sent = sender.send(("127.0.0.1", program.port), iter(requests), CONNECTIONS, good)
        spent = program.cpu_seconds() - before
        if sent.refused:
            raise SystemExit(f"{self.name} refused {sent.refused} of {sent.requests}")
        self.cpu_us.append(spent / sent.requests * 1e6)
        self.rates.append(sent.requests / sent.seconds)
        self.p50.append(sent.latency_ms(0.5))
        self.p99.append(sent.latency_ms(0.99))

    def line(self) -> str:
        """Return the figures as a line: the median of the rounds."""
        middle = statistics.median
        return (
            f"{self.name:<18} {middle(self.rates):>9,.0f} {1e6 / middle(self.cpu_us):>14,.0f} "
            f"{middle(self.cpu_us):>10.0f} {middle(self.p50):>8.2f} {middle(self.p99):>8.2f}"
        )


def main() -> None:
    """Run the rounds and print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="fewer agents and rounds")
    arguments.add_argument("--alone", action="store_true", help="leave VictoriaMetrics out")
    chosen = arguments.parse_args()
    count, rounds, per_round = (200, 2, 2_000) if chosen.quick else (1_000, 5, 4_000)
    os.sched_setaffinity(0, {SENDER_CORE})
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as folder:
        data = Path(folder) / "collector"
        database.create(data)
        start_ms = int(time.time() * 1000) - 3_600_000
        machines = fleet.machines(data, count, 300, start_ms)
        web = programs.collector_web(data, SERVER_CORE)
        peer = None if chosen.alone else programs.victoria_metrics(Path(folder) / "victoria", SERVER_CORE)
        ours, theirs = Measured("wakeful"), Measured("victoria-metrics")
        try:
            step = 0
            pushed = 0
            for number in range(-1, rounds):
                size = count if number < 0 else per_round
                pushes, imports = [], []
                for index in range(size):
                    machine = machines[index % count]
                    time_ms = start_ms + (step + index // count) * 100
                    pushes.append(_push(machine, time_ms, first=number < 0))
                    if peer is not None:
                        imports.append(_import(machine, time_ms))
                step += -(-size // count)
                pushed += size
                sink, other = (Measured("warm"), Measured("warm")) if number < 0 else (ours, theirs)
                sink.round(web, pushes, (200,))
                if peer is not None:
                    other.round(peer, imports, (204,))
            print(f"{'':<18} {'pushes/s':>9} {'a CPU second':>14} {'CPU us':>10} {'p50 ms':>8} {'p99 ms':>8}")
            print(ours.line())
            if peer is not None:
                print(theirs.line())
                ratio = statistics.median(theirs.cpu_us) / statistics.median(ours.cpu_us)
                print(f"ratio: {ratio:.2f} times VictoriaMetrics' batches per CPU second")
            parser = "gunicorn_h1c" if importlib.util.find_spec("gunicorn_h1c") else "gunicorn's own"
            print(f"requests outside the lane are parsed by: {parser}")
            stored = database.reader(data, "samples").execute("SELECT count(*) FROM hot").fetchone()[0]
            print(f"durable: {stored} of {pushed} pushes; memory {web.rss_bytes() / 1e6:.0f} MB", end="")
            print(f" (peer {peer.rss_bytes() / 1e6:.0f} MB)" if peer is not None else "")
            print(f"counted: {traffic.statistics(data)}")
        finally:
            web.end()
            if peer is not None:
                peer.end()


def _push(machine: fleet.Machine, time_ms: int, *, first: bool) -> bytes:
    headers = {
        "User-Agent": "wakeful-agent/bench",
        "Authorization": f"Bearer {machine.token}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    return sender.request("POST", "/api/v1/push", headers, machine.push(time_ms, with_series=first))


def _import(machine: fleet.Machine, time_ms: int) -> bytes:
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    return sender.request("POST", "/api/v1/import/prometheus", headers, machine.exposition(time_ms))


if __name__ == "__main__":
    main()
