"""Thousands of simulated agents, each on its own kept-alive connection, pushing 300 samples on its own grid.

Prints processor time, memory, lag (from when a tick was due to its durable answer), loss and growth of the store.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import json
import os
import random
import selectors
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "ingest"))

import fleet
import programs
import sender

from wakeful_collector.store import database
from wakeful_collector.store.marks import read_holes

BACKLOG_STEP_MS = 60_000


class Crowd:
    """All agents of the run."""

    def __init__(self, machines: list[fleet.Machine], port: int, interval_seconds: float) -> None:
        self.machines = machines
        self.port = port
        self.interval_seconds = interval_seconds
        self.poller = selectors.DefaultSelector()
        self.connections: dict[int, socket.socket] = {}
        self.due: dict[int, float] = {}
        self.pushed = [0] * len(machines)
        self.answered = [0] * len(machines)
        self.lags: list[float] = []
        self.refused = 0
        self.late = 0
        self.resent = 0
        self.sent: dict[int, bytes] = {}

    def push(self, index: int, body: bytes, due: float) -> None:
        """Send a push over the agent's connection."""
        connection = self.connections.get(index) or self.connect(index)
        headers = {
            "User-Agent": "wakeful-agent/bench",
            "Authorization": f"Bearer {self.machines[index].token}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        self.due[index] = due
        self.pushed[index] += 1
        self.sent[index] = sender.request("POST", "/api/v1/push", headers, body)
        try:
            connection.sendall(self.sent[index])
        except OSError:
            self.reconnect(index)

    def connect(self, index: int) -> socket.socket:
        """Open an agent's connection."""
        connection = self.connections[index] = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.poller.register(connection, selectors.EVENT_READ, (index, bytearray()))
        return connection

    def reconnect(self, index: int) -> None:
        """Open the connection anew after the collector closed it; what was under way is sent again, as agents do."""
        closed = self.connections.pop(index)
        self.poller.unregister(closed)
        closed.close()
        if index in self.due:
            self.resent += 1
            self.connect(index).sendall(self.sent[index])

    def listen(self, timeout: float) -> None:
        """Take the answers that are there."""
        for key, _ in self.poller.select(max(0.0, timeout)):
            index, received = key.data
            piece = self.connections[index].recv(65_536)
            if not piece:
                self.reconnect(index)
                continue
            received += piece
            status = sender.complete(received)
            if status is None:
                continue
            received.clear()
            self.lags.append(time.time() - self.due.pop(index))
            if status == 200:
                self.answered[index] += 1
            else:
                self.refused += 1

    def hand_in_backlog(self, minutes: int, width: int, now_ms: int) -> None:
        """Push each agent's history up to now, a few at a time."""
        chance = random.Random(1)
        start_ms = now_ms - minutes * 60_000
        rows = [[round(chance.uniform(0, 1_000), 1) for _ in range(width)] for _ in range(minutes)]
        ticks = [[start_ms + number * BACKLOG_STEP_MS, row] for number, row in enumerate(rows)]
        text = json.dumps(ticks, separators=(",", ":"))
        for index, machine in enumerate(self.machines):
            head = {
                "wire": 1,
                "run": machine.run,
                "sequence": machine.sequence,
                "schema": fleet.schema_of(machine.columns),
            }
            machine.sequence += 1
            body = json.dumps(head, separators=(",", ":"))[:-1] + f',"ticks":{text}}}'
            self.push(index, gzip.compress(body.encode(), 1), time.time())
            while len(self.due) >= 16:
                self.listen(1.0)
        while self.due:
            self.listen(1.0)

    def run(self, seconds: float) -> None:
        """Push on the grid until the time is over, then wait for the last answers."""
        began = time.time()
        chance = random.Random(2)
        queue = [(began + chance.uniform(0, self.interval_seconds), index) for index in range(len(self.machines))]
        heapq.heapify(queue)
        while queue:
            due, index = queue[0]
            now = time.time()
            if due > now:
                self.listen(due - now)
                continue
            heapq.heappop(queue)
            if index in self.due:
                self.late += 1
                heapq.heappush(queue, (now + 0.05, index))
                continue
            self.push(index, self.machines[index].push(int(due * 1000)), due)
            if due + self.interval_seconds < began + seconds:
                heapq.heappush(queue, (due + self.interval_seconds, index))
            self.listen(0)
        patience = time.time() + 60
        while self.due and time.time() < patience:
            self.listen(1.0)


def size_bytes(data: Path) -> int:
    """Return the size of both databases with their logs."""
    return sum(path.stat().st_size for path in data.glob("*.db*"))


def stored_pushes(data: Path) -> int:
    """Return how many pushes the store holds marks of, holes taken off."""
    rows = database.reader(data, "samples").execute("SELECT first, last, holes FROM runs").fetchall()
    whole = sum(last - first + 1 for first, last, _ in rows)
    return whole - sum(high - low + 1 for *_, holes in rows for low, high in read_holes(holes))


def main() -> None:
    """Run the crowd and print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--agents", type=int, default=5_000)
    arguments.add_argument("--interval", type=float, default=15.0)
    arguments.add_argument("--seconds", type=float, default=600.0)
    arguments.add_argument("--samples", type=int, default=300)
    arguments.add_argument("--backlog-minutes", type=int, default=180)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        data = Path(folder)
        database.create(data)
        now_ms = int(time.time() * 1000)
        machines = fleet.machines(data, chosen.agents, chosen.samples, now_ms)
        web = programs.collector_web(data, None)
        worker = programs.collector_worker(data)
        try:
            measure(chosen, data, machines, web, worker)
        finally:
            web.end()
            worker.end()


def measure(
    chosen: argparse.Namespace,
    data: Path,
    machines: list[fleet.Machine],
    web: programs.Program,
    worker: programs.Program,
) -> None:
    """Hand in the backlog, run on the grid, print."""
    crowd = Crowd(machines, web.port, chosen.interval)
    began = time.monotonic()
    crowd.hand_in_backlog(chosen.backlog_minutes, chosen.samples, int(time.time() * 1000) - 1000)
    values = chosen.backlog_minutes * chosen.samples * chosen.agents
    print(f"backlog: {values / 1e6:,.0f} million samples handed in in {time.monotonic() - began:.0f} s")
    crowd.lags.clear()
    before = size_bytes(data), web.cpu_seconds(), worker.cpu_seconds()
    began = time.monotonic()
    crowd.run(chosen.seconds)
    took = time.monotonic() - began
    lags = sorted(crowd.lags)
    print(f"{chosen.agents:,} agents every {chosen.interval:g} s for {took:.0f} s, {chosen.samples} samples a push")
    answered = f"{len(lags):,} ({len(lags) / took:,.0f} a second)"
    print(f"pushes: {answered}, refused {crowd.refused}, unanswered {len(crowd.due)}, sent again {crowd.resent}")
    print(f"stored: {stored_pushes(data):,} of {sum(crowd.pushed):,} (the backlog's among them)")
    print(
        f"lag ms: p50 {statistics.median(lags) * 1000:.1f}, p95 {lags[int(len(lags) * 0.95)] * 1000:.1f}, "
        f"p99 {lags[int(len(lags) * 0.99)] * 1000:.1f}, worst {lags[-1] * 1000:.0f}; skipped grid points {crowd.late}"
    )
    print(
        f"CPU: web {(web.cpu_seconds() - before[1]) / took:.1%}, "
        f"worker {(worker.cpu_seconds() - before[2]) / took:.1%} of one core"
    )
    print(f"memory: web {web.rss_bytes() / 1e6:.0f} MB, worker {worker.rss_bytes() / 1e6:.0f} MB")
    print(f"store: {before[0] / 1e6:,.0f} MB before, {size_bytes(data) / 1e6:,.0f} MB after")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
