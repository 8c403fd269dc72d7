"""Times of the reads over HTTP, through gunicorn and the whole application: p50 and p95.

Stored are 1,000 hosts with 14 days (a minute apart; 7 series each, so that filling fits the time) and one host like a
real one (150 series), beside a fleet of 2,000 hosts for the fleet page. The newest tick of each host is hot.

    python bench/query/run.py [--quick] [--json]
"""

from __future__ import annotations

import argparse
import getpass
import http.client
import http.cookiejar
import json
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np

from wakeful_collector import accounts, operations, rollups
from wakeful_collector.config import Settings
from wakeful_collector.ingest import backfill
from wakeful_collector.operations import core
from wakeful_collector.store import agents, changes, database, samples
from wakeful_wire.schema import schema_hash, series

DAY_MS = 86_400_000
FEW = [
    series("system.cpu.utilization"),
    series("system.memory.utilization"),
    series("system.disk.io_time", device="sda"),
    series("system.network.io", device="eth0", direction="receive"),
    series("system.network.io", device="eth0", direction="transmit"),
    series("system.load_average.1m"),
    series("system.filesystem.utilization", mountpoint="/", device="/dev/sda1", type="ext4"),
]
MANY = [
    *FEW,
    *(
        series("system.cpu.time", cpu=str(cpu), mode=mode)
        for cpu in range(8)
        for mode in ("user", "system", "idle", "iowait")
    ),
    *(series("system.memory.usage", state=state) for state in ("used", "free", "buffers", "cached")),
    *(series("system.disk.io", device=f"sd{disk}", direction=way) for disk in "abcd" for way in ("read", "write")),
    *(
        series("system.filesystem.usage", mountpoint=f"/m{at}", device="d", type="ext4", state=state)
        for at in range(9)
        for state in ("used", "free")
    ),
    *(series("hw.temperature", chip="coretemp", sensor=str(at)) for at in range(12)),
    *(series("process.memory.usage", name=f"process-{at}") for at in range(69)),
]


def course(columns, times, seed: int):
    """Return believable values: counters climb, gauges wander, in few decimals."""
    generator = np.random.default_rng(seed)
    values = np.empty((len(times), len(columns)))
    for at, one in enumerate(columns):
        if one.name.endswith((".io", ".time", "io_time")):
            values[:, at] = np.round(np.cumsum(generator.random(len(times)) * 20), 2)
        elif "utilization" in one.name:
            values[:, at] = np.round(np.abs(generator.normal(0.3, 0.05, len(times))), 3)
        else:
            values[:, at] = np.round(np.cumsum(generator.normal(0, 1, len(times))), 1)
    return values


def fill(work) -> None:
    """Store one host's past."""
    data, host, end_ms, days, columns = work
    times = np.arange(end_ms - days * DAY_MS, end_ms, 60_000, dtype=np.int64)
    backfill.fill(data, host, columns, times, course(columns, times, host), raw_from_ms=end_ms - 2 * DAY_MS)


def prepare(data: Path, hosts: int, days: int) -> tuple[str, str]:
    """Fill a data folder; return the id of the host with many series and an API key."""
    database.create(data)
    now_ms = int(time.time() * 1000)
    end_ms = now_ms // 60_000 * 60_000
    with changes.changing(data) as connection:
        keys = [
            agents.add(
                connection, f"bench{at:07}", agents.Newcomer(f"web-{at:04}", f"hash{at}", version="0.1.0"), now_ms
            )
            for at in range(hosts)
        ]
    work = [(data, key, end_ms, days, MANY if key == keys[0] else FEW) for key in keys]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(fill, work, 4)
    connection = database.writer(data, "samples")
    for sequence, time_ms in enumerate(range(end_ms - 60_000, end_ms + 1, 15_000)):
        with database.transaction(connection):
            for key, columns in ((keys[0], MANY), *((key, FEW) for key in keys[1:])):
                schema = schema_hash(columns)
                samples.add_schema(connection, schema, columns)
                push = samples.hot_push(
                    key, "bench-run", sequence, schema, [(time_ms, [0.5] * len(columns))], b"digest"
                )
                samples.append(connection, push, now_ms)
    connection.close()
    with changes.changing(data) as state:
        for key in keys:
            state.execute("UPDATE agents SET hello_at_ms = ? WHERE key = ?", (now_ms, key))
    rollups.refresh_sparks(data, end_ms)
    principal = accounts.local_principal(getpass.getuser())
    made = operations.run(
        Settings(data=data), core.REGISTRY, principal, "key.create", {"name": "bench", "scopes": ["read"]}, now_ms
    )
    return f"bench{0:07}", made["key"]


class Server:
    """The collector's web half on loopback, one process with two threads."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        arguments = ["-m", "gunicorn", "wakeful_collector.wsgi:application", "-b", f"127.0.0.1:{self.port}"]
        arguments += ["-k", "gthread", "--threads", "2", "--keep-alive", "60", "--log-level", "error"]
        environ = {**os.environ, "WAKEFUL_DATA": str(data)}
        self.process = subprocess.Popen([sys.executable, *arguments], env=environ, start_new_session=True)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server does not start")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


def measure(port: int, path: str, headers: dict[str, str], times: int) -> dict[str, float]:
    """Ask the same question over one kept connection; return p50 and p95 in ms and the answer's size."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken, size = [], 0
    for _ in range(times + 2):
        before = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
        answer = connection.getresponse()
        size = len(answer.read())
        taken.append((time.perf_counter() - before) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
    taken = sorted(taken[2:])
    return {"p50_ms": statistics.median(taken), "p95_ms": taken[int(len(taken) * 0.95)], "bytes": size}


def cookie_of(data: Path, port: int) -> str:
    """Sign a browser in by a link, as a person does; return its cookie."""
    token = accounts.create_signin_link(data, int(time.time() * 1000))
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/sign-in/link/{token}"
    browser.open(address).read()
    return "; ".join(f"{one.name}={one.value}" for one in jar)


def questions(host: str) -> dict[str, str]:
    """Return the reads of the issue as paths."""

    def chart(name: str, span: str, **more: str) -> str:
        return f"/api/v1/hosts/{host}/series?" + urllib.parse.urlencode(
            {"name": name, "from": span, "to": "now", "points": 300, **more}
        )

    return {
        "one series, an hour": chart("system.cpu.utilization", "-1h"),
        "one series, a day": chart("system.cpu.utilization", "-1d"),
        "one series, a year": chart("system.cpu.utilization", "-365d"),
        "a host's whole page, a day": chart("*", "-1d"),
        "latest of all hosts": "/api/v1/latest?" + urllib.parse.urlencode({"name": "system.cpu.utilization"}),
    }


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100 hosts and 3 days")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    hosts, days, fleet, times = (100, 3, 200, 20) if arguments.quick else (1000, 14, 2000, 100)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        data, large = Path(folder) / "data", Path(folder) / "fleet"
        host, key = prepare(data, hosts, days)
        server = Server(data)
        try:
            for name, path in questions(host).items():
                results[name] = measure(server.port, path, {"Authorization": f"Bearer {key}"}, times)
        finally:
            server.stop()
        prepare(large, fleet, 1)
        server = Server(large)
        try:
            cookie = cookie_of(large, server.port)
            results[f"fleet page of {fleet:,} hosts"] = measure(server.port, "/", {"Cookie": cookie}, times // 2)
        finally:
            server.stop()
    if arguments.json:
        print(json.dumps({"hosts": hosts, "days": days, **results}))
        return
    print(f"{hosts:,} hosts, {days} days stored; the fleet page has {fleet:,}")
    for name, figures in results.items():
        print(f"{name:34} p50 {figures['p50_ms']:8.1f} ms   p95 {figures['p95_ms']:8.1f} ms   {figures['bytes']:>9,} B")


if __name__ == "__main__":
    main()
